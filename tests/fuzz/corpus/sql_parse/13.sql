select * from (a join b using (x,y) as z) as j(k,l) full join c on true, h(1) as t(a int, b text), lateral g(x) as g;
