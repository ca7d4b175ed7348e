SELECT position(repeat('a', 500000) || 'b' IN repeat('a', 1000000)), length(replace(repeat('a', 1000000), repeat('a', 500000) || 'b', ''));
