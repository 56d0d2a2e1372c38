-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "organisation" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "organisation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user" (
    "id" TEXT NOT NULL,
    "organisation_id" UUID NOT NULL DEFAULT '00000000-0000-4000-8000-000000000001'::uuid,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "email_verified" BOOLEAN NOT NULL DEFAULT false,
    "image" TEXT,
    "role" TEXT NOT NULL DEFAULT 'viewer',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" TEXT NOT NULL,
    "organisation_id" UUID NOT NULL DEFAULT '00000000-0000-4000-8000-000000000001'::uuid,
    "user_id" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ip_address" TEXT,
    "user_agent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "account" (
    "id" TEXT NOT NULL,
    "organisation_id" UUID NOT NULL DEFAULT '00000000-0000-4000-8000-000000000001'::uuid,
    "user_id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "access_token" TEXT,
    "refresh_token" TEXT,
    "id_token" TEXT,
    "access_token_expires_at" TIMESTAMPTZ(3),
    "refresh_token_expires_at" TIMESTAMPTZ(3),
    "scope" TEXT,
    "password" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "verification" (
    "id" TEXT NOT NULL,
    "organisation_id" UUID NOT NULL DEFAULT '00000000-0000-4000-8000-000000000001'::uuid,
    "identifier" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "verification_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "organisation_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "role" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "site" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "organisation_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "address" TEXT,
    "time_zone" TEXT NOT NULL,
    "region" TEXT,

    CONSTRAINT "site_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "metering_point" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "organisation_id" UUID NOT NULL,
    "code" TEXT,
    "site_id" UUID NOT NULL,

    CONSTRAINT "metering_point_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "meter" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "organisation_id" UUID NOT NULL,
    "serial" TEXT,
    "vendor" TEXT,
    "model" TEXT,

    CONSTRAINT "meter_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sim" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "organisation_id" UUID NOT NULL,
    "iccid" TEXT NOT NULL,
    "operator" TEXT,
    "apn" TEXT,

    CONSTRAINT "sim_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "meter_installation" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "organisation_id" UUID NOT NULL,
    "meter_id" UUID NOT NULL,
    "metering_point_id" UUID NOT NULL,
    "from" TIMESTAMPTZ(3) NOT NULL,
    "until" TIMESTAMPTZ(3),

    CONSTRAINT "meter_installation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "device_installation" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "organisation_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "meter_id" UUID NOT NULL,
    "from" TIMESTAMPTZ(3) NOT NULL,
    "until" TIMESTAMPTZ(3),

    CONSTRAINT "device_installation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sim_installation" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "organisation_id" UUID NOT NULL,
    "sim_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "from" TIMESTAMPTZ(3) NOT NULL,
    "until" TIMESTAMPTZ(3),

    CONSTRAINT "sim_installation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "device" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "organisation_id" UUID NOT NULL,
    "endpoint" TEXT NOT NULL,
    "label" TEXT,
    "vendor" TEXT,
    "model" TEXT,
    "firmware" TEXT,
    "firmware_key" TEXT,
    "groups" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "cell" TEXT,
    "battery_percent" INTEGER,
    "battery_at" TIMESTAMPTZ(3),
    "signal_dbm" INTEGER,
    "registration" TEXT NOT NULL DEFAULT 'provisioned',
    "last_contact_at" TIMESTAMPTZ(3),
    "contact" JSONB,
    "expected_at" TIMESTAMPTZ(3),
    "late_at" TIMESTAMPTZ(3),
    "silent_at" TIMESTAMPTZ(3),
    "awake_until" TIMESTAMPTZ(3),
    "marks" JSONB NOT NULL DEFAULT '[]',
    "absence_told" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "device_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "registration" (
    "device_id" UUID NOT NULL,
    "organisation_id" UUID NOT NULL,
    "location" TEXT NOT NULL,
    "lwm2m_version" TEXT NOT NULL,
    "lifetime" BIGINT NOT NULL,
    "binding" TEXT NOT NULL,
    "queue_mode" BOOLEAN NOT NULL,
    "address" TEXT NOT NULL,
    "port" INTEGER NOT NULL,
    "object_links" TEXT NOT NULL,
    "content_format" INTEGER,
    "registered_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "registration_pkey" PRIMARY KEY ("device_id")
);

-- CreateTable
CREATE TABLE "observation" (
    "token" BYTEA NOT NULL,
    "organisation_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "path" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "pmin" INTEGER,
    "pmax" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_notification_at" TIMESTAMPTZ(3),

    CONSTRAINT "observation_pkey" PRIMARY KEY ("token")
);

-- CreateTable
CREATE TABLE "operation" (
    "id" UUID NOT NULL,
    "organisation_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "value" JSONB,
    "state" TEXT NOT NULL DEFAULT 'queued',
    "code" TEXT,
    "result" JSONB,
    "created_by" TEXT NOT NULL,
    "campaign_id" UUID,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sent_at" TIMESTAMPTZ(3),
    "answer_by" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "operation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "timeline_entry" (
    "id" BIGSERIAL NOT NULL,
    "organisation_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "kind" TEXT NOT NULL,
    "fact" JSONB NOT NULL,
    "operation_id" UUID,
    "campaign_id" UUID,

    CONSTRAINT "timeline_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "candidate" (
    "organisation_id" UUID NOT NULL,
    "endpoint" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 1,
    "lwm2m_version" TEXT,
    "binding" TEXT,
    "lifetime" BIGINT,
    "object_links" TEXT NOT NULL DEFAULT '',
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "candidate_pkey" PRIMARY KEY ("organisation_id","endpoint")
);

-- CreateTable
CREATE TABLE "listening" (
    "id" BIGSERIAL NOT NULL,
    "organisation_id" UUID NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "listening_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "process_status" (
    "name" TEXT NOT NULL,
    "organisation_id" UUID NOT NULL DEFAULT '00000000-0000-4000-8000-000000000001'::uuid,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "counters" JSONB NOT NULL,

    CONSTRAINT "process_status_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "campaign" (
    "id" UUID NOT NULL,
    "organisation_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "recipe" JSONB NOT NULL,
    "state" TEXT NOT NULL,
    "engine" JSONB NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 0,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "campaign_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "task" (
    "id" UUID NOT NULL,
    "organisation_id" UUID NOT NULL,
    "campaign_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "endpoint" TEXT NOT NULL,
    "wave" INTEGER,
    "state" TEXT NOT NULL,
    "code" TEXT,
    "engine" JSONB NOT NULL,
    "operation_id" UUID,
    "operation_state" TEXT,
    "heard_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "task_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_record" (
    "id" BIGSERIAL NOT NULL,
    "organisation_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor" JSONB NOT NULL,
    "action" TEXT NOT NULL,
    "subject_kind" TEXT NOT NULL,
    "subject_id" TEXT NOT NULL,
    "subject_name" TEXT,
    "where" JSONB NOT NULL,
    "reason" TEXT,
    "before" JSONB NOT NULL,
    "after" JSONB NOT NULL,

    CONSTRAINT "audit_record_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "user_email_key" ON "user"("email");

-- CreateIndex
CREATE UNIQUE INDEX "session_token_key" ON "session"("token");

-- CreateIndex
CREATE INDEX "session_user_id_idx" ON "session"("user_id");

-- CreateIndex
CREATE INDEX "account_user_id_idx" ON "account"("user_id");

-- CreateIndex
CREATE INDEX "verification_identifier_idx" ON "verification"("identifier");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_hash_key" ON "api_key"("hash");

-- CreateIndex
CREATE UNIQUE INDEX "site_organisation_id_name_key" ON "site"("organisation_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "metering_point_organisation_id_code_key" ON "metering_point"("organisation_id", "code");

-- CreateIndex
CREATE UNIQUE INDEX "meter_organisation_id_serial_key" ON "meter"("organisation_id", "serial");

-- CreateIndex
CREATE UNIQUE INDEX "sim_organisation_id_iccid_key" ON "sim"("organisation_id", "iccid");

-- CreateIndex
CREATE INDEX "meter_installation_meter_id_idx" ON "meter_installation"("meter_id");

-- CreateIndex
CREATE INDEX "meter_installation_metering_point_id_idx" ON "meter_installation"("metering_point_id");

-- CreateIndex
CREATE INDEX "device_installation_device_id_idx" ON "device_installation"("device_id");

-- CreateIndex
CREATE INDEX "device_installation_meter_id_idx" ON "device_installation"("meter_id");

-- CreateIndex
CREATE INDEX "sim_installation_sim_id_idx" ON "sim_installation"("sim_id");

-- CreateIndex
CREATE INDEX "sim_installation_device_id_idx" ON "sim_installation"("device_id");

-- CreateIndex
CREATE INDEX "device_endpoint_order" ON "device"("organisation_id", "endpoint");

-- CreateIndex
CREATE INDEX "device_organisation_id_late_at_idx" ON "device"("organisation_id", "late_at");

-- CreateIndex
CREATE INDEX "device_organisation_id_vendor_model_idx" ON "device"("organisation_id", "vendor", "model");

-- CreateIndex
CREATE UNIQUE INDEX "device_organisation_id_endpoint_key" ON "device"("organisation_id", "endpoint");

-- CreateIndex
CREATE UNIQUE INDEX "registration_location_key" ON "registration"("location");

-- CreateIndex
CREATE UNIQUE INDEX "observation_device_id_path_key" ON "observation"("device_id", "path");

-- CreateIndex
CREATE INDEX "operation_device_id_created_at_idx" ON "operation"("device_id", "created_at");

-- CreateIndex
CREATE INDEX "operation_state_expires_at_idx" ON "operation"("state", "expires_at");

-- CreateIndex
CREATE INDEX "operation_campaign_id_idx" ON "operation"("campaign_id");

-- CreateIndex
CREATE INDEX "timeline_entry_device_id_at_idx" ON "timeline_entry"("device_id", "at");

-- CreateIndex
CREATE INDEX "campaign_organisation_id_created_at_idx" ON "campaign"("organisation_id", "created_at");

-- CreateIndex
CREATE INDEX "task_campaign_id_wave_state_code_idx" ON "task"("campaign_id", "wave", "state", "code");

-- CreateIndex
CREATE INDEX "task_device_id_idx" ON "task"("device_id");

-- CreateIndex
CREATE UNIQUE INDEX "task_campaign_id_device_id_key" ON "task"("campaign_id", "device_id");

-- CreateIndex
CREATE INDEX "audit_record_organisation_id_at_idx" ON "audit_record"("organisation_id", "at");

-- CreateIndex
CREATE INDEX "audit_record_subject_kind_subject_id_idx" ON "audit_record"("subject_kind", "subject_id");

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "account" ADD CONSTRAINT "account_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "metering_point" ADD CONSTRAINT "metering_point_site_id_fkey" FOREIGN KEY ("site_id") REFERENCES "site"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "meter_installation" ADD CONSTRAINT "meter_installation_meter_id_fkey" FOREIGN KEY ("meter_id") REFERENCES "meter"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "meter_installation" ADD CONSTRAINT "meter_installation_metering_point_id_fkey" FOREIGN KEY ("metering_point_id") REFERENCES "metering_point"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "device_installation" ADD CONSTRAINT "device_installation_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "device"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "device_installation" ADD CONSTRAINT "device_installation_meter_id_fkey" FOREIGN KEY ("meter_id") REFERENCES "meter"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sim_installation" ADD CONSTRAINT "sim_installation_sim_id_fkey" FOREIGN KEY ("sim_id") REFERENCES "sim"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sim_installation" ADD CONSTRAINT "sim_installation_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "device"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "registration" ADD CONSTRAINT "registration_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "device"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "observation" ADD CONSTRAINT "observation_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "device"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operation" ADD CONSTRAINT "operation_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "device"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "timeline_entry" ADD CONSTRAINT "timeline_entry_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "device"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task" ADD CONSTRAINT "task_campaign_id_fkey" FOREIGN KEY ("campaign_id") REFERENCES "campaign"("id") ON DELETE CASCADE ON UPDATE CASCADE;


