"""Demo county 慈溪 330282 at 2025-09-30: synthetic parcels and firms in the real outline, magnitudes of practice."""
