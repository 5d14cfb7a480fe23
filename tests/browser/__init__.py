"""What people do with the running stack in a browser. A package, for its tests share a browser and a warehouse."""
