-- The last answer and the last refusal of every path of a device. Partial: only what was read and answered.
CREATE INDEX "operation_last_read" ON "operation"("device_id", "path", "state", "finished_at" DESC)
  WHERE "kind" IN ('read', 'observe') AND "code" IS NOT NULL AND "finished_at" IS NOT NULL;
