update t set (a,b) = (select 1,2), (c,d) = (3, default), e.f = 4, g = default from u where x returning *;
