"""What a mechanics problem means: formulation, geometry, materials, units."""
