package sizing

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

func TestWhatIfApplies(t *testing.T) {
	p := plan()
	p.Sites = []headroom.Site{{Name: "hub", Database: "hub", Users: 4}, {Name: "shop", Database: "group", Company: "shop", Users: 2}}
	p.Processes = []headroom.Process{{Name: "order"}, {Name: "pick", Sites: []string{"hub"}, Shifts: []headroom.Shift{{Sites: []string{"hub"}, Operators: 3}}}}
	p.Peaks = []headroom.Peak{{Name: "cutoff", Sites: []string{"hub"}}, {Name: "sale", Sites: []string{"shop"}}}
	p.Seasons = []headroom.Season{{Name: "advent", Sites: []string{"hub", "shop"}}}
	top := topology("t", 3, 1, 1)
	before := headroom.Topology{Name: "split", Stacks: []headroom.Topology{{Name: "a", Sites: []string{"hub"}}, {Name: "b", Sites: []string{"shop"}}}}
	q, changed, err := WhatIf{Workers: 5, AppCores: 2.5, DatabaseCores: 1.5, AddSites: []string{"north=hub"}}.Apply(p, top)
	if err != nil {
		t.Fatal(err)
	}
	if changed.Web.Workers != 5 || changed.Web.Cores != 2.5 || changed.Database.Cores != 1.5 || top.Web.Workers != 3 {
		t.Errorf("%+v", changed)
	}
	if want := (headroom.Site{Name: "north", Database: "north", Users: 4}); len(q.Sites) != 3 || q.Sites[2] != want {
		t.Errorf("%+v", q.Sites)
	}
	two := []string{"hub", "north"}
	if q.Processes[0].Sites != nil || !slices.Equal(q.Processes[1].Sites, two) || !slices.Equal(q.Processes[1].Shifts[0].Sites, two) || !slices.Equal(q.Peaks[0].Sites, two) ||
		!slices.Equal(q.Peaks[1].Sites, []string{"shop"}) || !slices.Equal(q.Seasons[0].Sites, []string{"hub", "shop", "north"}) {
		t.Errorf("%+v", q)
	}
	if len(p.Sites) != 2 || len(p.Processes[1].Sites) != 1 || len(p.Processes[1].Shifts[0].Sites) != 1 || len(p.Peaks[0].Sites) != 1 {
		t.Error("the plan itself was changed")
	}
	q, changed, err = WhatIf{AddSites: []string{"stall=shop", "north=hub"}}.Apply(p, before)
	if err != nil || q.Sites[2].Company != "stall" || q.Sites[2].Database != "group" || !slices.Equal(changed.Stacks[0].Sites, two) || !slices.Equal(changed.Stacks[1].Sites, []string{"shop", "stall"}) || len(before.Stacks[0].Sites) != 1 {
		t.Errorf("%v: %+v, %+v", err, q.Sites, changed)
	}
	if q, changed, err = (WhatIf{Scale: 2}).Apply(p, top); err != nil || !reflect.DeepEqual(q, p) || !changed.Equal(top) || !(WhatIf{Scale: 2}).Changes() || (WhatIf{Scale: 1}).Changes() {
		t.Errorf("a scale is the provider's: %v", err)
	}
	shared := top
	shared.SharedHost = true
	limited := top
	limited.Quota = &headroom.Quota{Cores: 2}
	for want, c := range map[string]struct {
		w WhatIf
		t headroom.Topology
	}{
		`"north" says no site`:       {WhatIf{AddSites: []string{"north"}}, top},
		`has no site "hup"`:          {WhatIf{AddSites: []string{"north=hup"}}, top},
		`has a site "shop" already`:  {WhatIf{AddSites: []string{"shop=hub"}}, top},
		`-1 is not above 0`:          {WhatIf{Workers: -1}, top},
		`has 2 stacks`:               {WhatIf{AppCores: 2}, before},
		`shares the app's cores`:     {WhatIf{DatabaseCores: 2}, shared},
		`4 cores on a machine of 2`:  {WhatIf{AppCores: 4}, limited},
		`"=hub" says no site`:        {WhatIf{AddSites: []string{"=hub"}}, top},
		`has a site "north" already`: {WhatIf{AddSites: []string{"north=hub", "north=hub"}}, top},
	} {
		_, _, err := c.w.Apply(p, c.t)
		if wrong := (*headroom.InputError)(nil); !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
