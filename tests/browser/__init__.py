"""Browser tests of the running stack. A package, because its tests share a browser and a warehouse."""
