-- Who shares a cell with a silent device, and the filter cell:
CREATE INDEX "device_organisation_id_cell_idx" ON "device"("organisation_id", "cell");
