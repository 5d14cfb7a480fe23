"""The operators: StageToRedshift, LoadFact, LoadDimension and DataQuality."""
