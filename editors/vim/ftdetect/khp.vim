au BufRead,BufNewFile *.khp setfiletype khp
