package live

import (
	"cmp"
	"slices"

	"github.com/headroom-erp/headroom"
)

// papers follow documents from who releases them to who does them. Only open
// ones are kept, and those done that nobody was seen to release: the release
// may be recorded after the deed.
type papers struct {
	kinds map[string]*headroom.DocumentStatus
	open  map[paper]bool
	early map[paper]bool
}

type paper struct {
	site, kind string
	id         int64
}

func newPapers() papers {
	return papers{kinds: map[string]*headroom.DocumentStatus{}, open: map[paper]bool{}, early: map[paper]bool{}}
}

func (p *papers) add(e headroom.DocumentEvent) {
	k := p.kinds[e.Kind]
	if k == nil {
		k = &headroom.DocumentStatus{Kind: e.Kind}
		p.kinds[e.Kind] = k
	}
	one := paper{e.Site, e.Kind, e.Document}
	switch {
	case e.Done && p.open[one]:
		delete(p.open, one)
		k.Done++
		k.Open--
	case e.Done && !p.early[one]:
		p.early[one] = true
		k.Done++
	case e.Done:
	case p.early[one]:
		delete(p.early, one)
		k.Released++
	case !p.open[one]: // a second attempt releases nothing new
		p.open[one] = true
		k.Released++
		k.Open++
	}
}

func (p *papers) status() []headroom.DocumentStatus {
	var out []headroom.DocumentStatus
	for _, k := range p.kinds {
		out = append(out, *k)
	}
	slices.SortFunc(out, func(a, b headroom.DocumentStatus) int { return cmp.Compare(a.Kind, b.Kind) })
	return out
}
