package sim

import (
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

// rows are the rows that a try is going to touch.
func (e *engine) rows(c *customer, k *class) []int32 {
	rows, tenant := c.rows[:0], e.tenant(c, int(c.class))
	if !k.rule.Documents {
		return e.lock.draw(rows, k, tenant, e.random)
	}
	// The rows belong to the journey: its tries and steps draw the same, and
	// who takes a document without products draws what its maker drew.
	from := c.key
	if len(c.document.Products) == 0 {
		from = c.about
	}
	e.random.state = key(from, forDocument)
	space := int(math.Ceil(k.rule.Population))
	if k.popular != nil {
		space = k.popular.Len()
	}
	offset := c.catalogue * int32(e.load.Products.Len())
	document := c.document.Products
	if len(document) == 0 {
		e.scratch = distinct(e.scratch[:0], e.random.whole(k.rule.Rows), space, k.popular, e.random)
		document = e.scratch
	}
	rows = intense(rows, document, k.rule.Intensity, space, k.popular, e.random)
	for n, r := range rows {
		for _, g := range k.also {
			rows = append(rows, e.lock.index(g, tenant, offset+r))
		}
		rows[n] = e.lock.index(k.group, tenant, offset+r)
	}
	return rows
}

// intense thins a document's rows, or adds others (headroom.ConflictRule.Intensity).
// More intensity touches all that less of it does.
func intense(rows, document []int32, intensity float64, space int, law *headroom.Popularity, rnd *random) []int32 {
	if intensity == 0 {
		intensity = 1
	}
	for _, r := range document {
		if u := rnd.Float64(); u < intensity {
			rows = append(rows, r)
		}
	}
	// A Poisson number: events of rate 1 until the mean is reached.
	most := (intensity - 1) * float64(len(document))
	for at := 0.0; len(rows) < space; {
		if at += rnd.ExpFloat64(); at > most {
			break
		}
		rows = appendOther(rows, pick(space, law, rnd), int32(space))
	}
	return rows
}

func pick(space int, law *headroom.Popularity, rnd *random) int32 {
	if law != nil {
		return int32(law.Draw(rnd.Float64()))
	}
	return int32(rnd.Float64() * float64(space))
}

// appendOther adds a row, or the next one that is not taken: there must be one.
func appendOther(rows []int32, r, space int32) []int32 {
	for slices.Contains(rows, r) {
		r = (r + 1) % space
	}
	return append(rows, r)
}

// distinct draws different rows one after the other, as documents draw their products.
func distinct(rows []int32, need, space int, law *headroom.Popularity, rnd *random) []int32 {
	for range min(need, space) {
		rows = appendOther(rows, pick(space, law, rnd), int32(space))
	}
	return rows
}

// draw chooses the rows of a try: different ones, equally likely (Floyd's
// algorithm, Communications of the ACM 30(9), 1987) or by their popularity.
func (l *locks) draw(rows []int32, k *class, tenant int, rnd *random) []int32 {
	need := rnd.whole(k.rule.Rows)
	if k.popular != nil {
		rows = distinct(rows, need, k.popular.Len(), k.popular, rnd)
		for n, r := range rows {
			rows[n] = l.index(k.group, tenant, r)
		}
		return rows
	}
	space := rnd.whole(k.rule.Population)
	need = min(need, space)
	for n := space - need; n < space; n++ {
		pick := l.index(k.group, tenant, int32(rnd.Float64()*float64(n+1)))
		for _, taken := range rows {
			if taken == pick {
				pick = l.index(k.group, tenant, int32(n))
				break
			}
		}
		rows = append(rows, pick)
	}
	return rows
}
