" Tabs of eight columns, as `prove fmt` writes them; :make fills the quickfix list.

if exists("b:did_ftplugin")
  finish
endif
let b:did_ftplugin = 1

setlocal tabstop=8 shiftwidth=8 softtabstop=8 noexpandtab
setlocal commentstring=//\ %s comments=s1:/*,mb:*,ex:*/,://
setlocal formatoptions-=t formatoptions+=croql
setlocal makeprg=prove\ %:S
setlocal errorformat=%Eerror[%*[a-z0-9-]]:\ %m,%Z\ %#-->\ %f:%l:%c,%-G%.%#

let b:undo_ftplugin = "setlocal ts< sw< sts< et< cms< com< fo< mp< efm<"
