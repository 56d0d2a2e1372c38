/** A key pair that anybody may know, and the certificate it signed for itself: for tests of TLS on the loopback interface. */
export const testCertificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgo014OQVrHav0wrc0
LqHCSK1GgkYuVjKZ3uowfmTvQLWhRANCAASJHfzerS83V+iLSlqXyo+fXjxkW1kZ
bgPYJtlKWdoveJIAGKIiUzl/QQlp9ruPtqYY/ozAFdb/qTetz9OoG7tB
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUQsIt+4wN3keTZ9eupxzMnTSXbmMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE0NTIxMloYDzIxMjYxMDI5
MTQ1MjEyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASJHfzerS83V+iLSlqXyo+fXjxkW1kZbgPYJtlKWdoveJIAGKIiUzl/
QQlp9ruPtqYY/ozAFdb/qTetz9OoG7tBo28wbTAdBgNVHQ4EFgQUuenhVnWkKyx1
c8DaJTKVIgdHYgEwHwYDVR0jBBgwFoAUuenhVnWkKyx1c8DaJTKVIgdHYgEwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAOaYpFIqUsx47z9NIWYnHm3+DSxdIiaKamJ8WFn6K0CSAiEA
uOL3FK5Te7zXmsH3Je7wsaPwTOE/SPhGoObw8QKQY/U=
-----END CERTIFICATE-----
`,
}
