select E'\'', $a$ ; $$ $a$ -- c
;select "A;""b" /* /* ; */ */ ; begin