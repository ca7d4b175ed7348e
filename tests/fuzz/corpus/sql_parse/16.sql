select a->'b'->>'c', a #> '{x}', a @> b, a <@ b, a ? 'b', a ?| b, a ?& b, a || b, a ~ b, a ~* b, a !~ b, a !~* b, a ^ b, a % b, a << b, a != b, a <= b, not a and b or c and (d or e or (f and g));
