"""The operators: StageToRedshift, LoadFact, LoadDimension and DataQuality; and one that waits for a cluster."""
