"""Programs as engineers write them, which every sandbox must let run."""
