"""Analysis views: what conditions do, overlap, composition, trend, why a size changed, two definitions beside."""
