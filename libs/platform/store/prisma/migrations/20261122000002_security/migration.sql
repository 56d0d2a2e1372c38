-- Secured transport: credentials, sealed; sessions that outlive the process; what a registration came by.
ALTER TABLE "registration" ADD COLUMN "identity" TEXT, ADD COLUMN "session" TEXT;

CREATE TABLE "credential" (
    "device_id" UUID NOT NULL,
    "organisation_id" UUID NOT NULL,
    "identity" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "suite" TEXT,
    "cid" BYTEA,
    "handshakes" INTEGER NOT NULL DEFAULT 0,
    "resumptions" INTEGER NOT NULL DEFAULT 0,
    "migrations" INTEGER NOT NULL DEFAULT 0,
    "handshake_at" TIMESTAMPTZ(3),
    "failure" TEXT,
    "failure_at" TIMESTAMPTZ(3),

    CONSTRAINT "credential_pkey" PRIMARY KEY ("device_id")
);

CREATE TABLE "dtls_session" (
    "name" TEXT NOT NULL,
    "organisation_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "generation" BIGINT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "stored_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "dtls_session_pkey" PRIMARY KEY ("name")
);

CREATE UNIQUE INDEX "credential_organisation_id_identity_key" ON "credential"("organisation_id", "identity");
CREATE INDEX "dtls_session_device_id_idx" ON "dtls_session"("device_id");
ALTER TABLE "credential" ADD CONSTRAINT "credential_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "device"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "dtls_session" ADD CONSTRAINT "dtls_session_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "device"("id") ON DELETE CASCADE ON UPDATE CASCADE;
