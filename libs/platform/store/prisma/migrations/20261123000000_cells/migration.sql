-- Who shares a cell with a silent device, and the filter cell:. Partial: many fleets tell no cells.
CREATE INDEX "device_cell" ON "device"("organisation_id", "cell") WHERE "cell" IS NOT NULL;
