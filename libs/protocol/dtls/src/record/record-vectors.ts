/**
 * Whole records of a server that writes its record 0x203 of epoch 1, computed with Mbed TLS 3.6 (its CCM, GCM, CBC and HMAC) from nonces and additional
 * data put together by hand: not by our code, nor by the library that ours rests on. The key block counts up from 0, the IV of CBC is sixteen times
 * a5, the Connection ID c1d0, the content application data `register me`. `padded` has three zeros behind the inner type.
 * @see RFC 6655 §3, RFC 5288 §3, RFC 7366 §3, RFC 9146 §4, §5.2, §5.3
 */
export const recordVectors = {
  0xc0a8: {
    plain: '17fefd0001000000000203001b0001000000000203cb9cd4f5f94a96b157f3bbd9308e6394a2dc69',
    withCid: '19fefd0001000000000203c1d0001c0001000000000203cb9cd4f5f94a96b157f3bb08dd0ba99c690e7aa4',
    padded: '19fefd0001000000000203c1d0001f0001000000000203cb9cd4f5f94a96b157f3bb0844f96096b3cd7bcef11f2e',
  },
  0x00a8: {
    plain: '17fefd0001000000000203002300010000000002030a8bb305f7f8d43f94f33f343b2310cd33cfcd91d02661df21f8f5',
    withCid:
      '19fefd0001000000000203c1d0002400010000000002030a8bb305f7f8d43f94f33f2166cacb72e4e013bd39b91b826d6fb134',
    padded:
      '19fefd0001000000000203c1d0002700010000000002030a8bb305f7f8d43f94f33f217792c6e193d7d7700febdbfa2ccb0bbff2f1de',
  },
  0x00ae: {
    plain:
      '17fefd00010000000002030040a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5e62956f76e2ef62d27c355efd8436979c50d2fbab95fa35fca4f4b15beb9389de07089d611e5ee9edd5251f646a2a1f0',
    withCid:
      '19fefd0001000000000203c1d00040a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a504b2f22023605d7189cca37667770422ac1ec4ce558c170cb3be8b1bf385014e644bc06ad700583780d7f647e01a034d',
    padded:
      '19fefd0001000000000203c1d00040a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5546ff2db52d86abeb61254c69a3383b4456b4cb077c0d6a215d06b75b245293e1b9b5b8e04e99a831641d93fa1e4f29e',
  },
} as const
