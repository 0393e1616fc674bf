package profiles

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// The largest parts of a topology, beyond which lies a typing mistake, and the
// least memory in bytes: less is a figure in megabytes or gigabytes.
const (
	maxCores  = 10_000
	maxCount  = 1000 // replicas, threads
	minMemory = 1e6
	maxMemory = 1e15
)

func (c *checker) checkTopologies() {
	var names []string
	for i, t := range c.plan.Topologies {
		names = append(names, t.Name)
		path := item("topologies", i)
		if c.given(path + ".stacks") {
			c.stacks(path, t)
			continue
		}
		if c.given(path + ".sites") {
			c.say(path+".sites", "remove it, or make stacks, each with its sites", "topology %q serves every site", t.Name)
		}
		c.machines(path, "topology", t)
	}
	c.topologies = c.unique("topologies", "topology", names)
}

// stacks checks a topology of several stacks, each with its own sites.
func (c *checker) stacks(path string, t headroom.Topology) {
	for _, key := range []string{"web", "cron", "database", "shared_host", "quota", "pooler", "redis", "ingress", "dedicated", "sites"} {
		if c.given(path + "." + key) {
			c.say(path+"."+key, "put it into each of the stacks, or remove the stacks", "topology %q has stacks, and beside them nothing but its name is set", t.Name)
		}
	}
	list := path + ".stacks"
	var names []string
	for i, s := range t.Stacks {
		names = append(names, s.Name)
		at := item(list, i)
		for _, key := range []string{"stacks", "dedicated"} {
			if c.given(at + "." + key) {
				c.say(at+"."+key, "write one stack for each group of sites", "stack %q is one of several already: it cannot be several itself", s.Name)
			}
		}
		c.machines(at, "stack", s)
		c.list(at+".sites", "site", s.Sites, c.sites)
		if len(s.Sites) == 0 && !c.found(at+".sites") {
			c.say(at, "name them under sites, or remove the stack", "stack %q serves no site", s.Name)
		}
	}
	c.unique(list, "stack", names)
	c.placed(list, t)
}

// placed checks that each site is on one stack, and the companies of a
// database on the same.
func (c *checker) placed(list string, t headroom.Topology) {
	if c.found(list) || c.garbled("sites") || c.garbled(list) {
		return
	}
	on, database := map[string]string{}, map[string]string{} // site, tenant -> stack
	for i, s := range t.Stacks {
		for j, name := range s.Sites {
			path := item(item(list, i)+".sites", j)
			if first, ok := on[name]; ok {
				c.say(path, "keep one of the two", "site %q is on stack %q already", name, first)
				continue
			}
			on[name] = s.Name
			tenant := c.tenant(name)
			if first, ok := database[tenant]; ok && first != s.Name {
				c.say(path, "put them on one stack", "site %q is a company in the database %q, which is on stack %q", name, tenant, first)
				continue
			}
			database[tenant] = s.Name
		}
	}
	var none []string
	for _, s := range c.plan.Sites {
		if _, ok := on[s.Name]; !ok {
			none = append(none, s.Name)
		}
	}
	if len(none) > 0 {
		c.say(list, "add each to the sites of one stack", "no stack of topology %q serves %s", t.Name, strings.Join(none, ", "))
	}
}

func (c *checker) tenant(site string) string {
	i := slices.IndexFunc(c.plan.Sites, func(s headroom.Site) bool { return s.Name == site })
	return c.plan.Sites[i].Tenant()
}

// machines checks what one stack consists of; what is its word in messages.
func (c *checker) machines(path, what string, t headroom.Topology) {
	if !c.given(path + ".web") {
		c.say(path, "give web: {workers: …, cores: …}", "%s %q has no web workers", what, t.Name)
	}
	c.atLeast(path+".web.workers", float64(t.Web.Workers), 1, 10_000)
	c.positive(path+".web.cores", t.Web.Cores, maxCores)
	c.atLeast(path+".web.replicas", float64(t.Web.Replicas), 1, maxCount)
	c.memory(path+".web.memory", t.Web.Memory)
	c.atLeast(path+".web.cron_threads", float64(t.Web.CronThreads), 0, maxCount)
	if k := t.Cron; k != nil {
		c.atLeast(path+".cron.threads", float64(k.Threads), 1, maxCount)
		c.positive(path+".cron.cores", k.Cores, maxCores)
		c.memory(path+".cron.memory", k.Memory)
	}
	c.database(path, what, t)
	c.quota(path, what, t)
	if p := t.Pooler; p != nil {
		c.atLeast(path+".pooler.size", float64(p.Size), 1, 10_000)
		c.poolerMode(path+".pooler.mode", p.Mode)
	}
	if t.Redis != nil {
		c.memory(path+".redis.memory", t.Redis.Memory)
	}
	if t.Ingress != nil {
		c.oneOf(path+".ingress.kind", t.Ingress.Kind, "traefik")
	}
}

// quota checks that no part has a limit above what the machine has.
func (c *checker) quota(path, what string, t headroom.Topology) {
	q := t.Quota
	if q == nil {
		return
	}
	c.positive(path+".quota.cores", q.Cores, maxCores)
	if c.given(path + ".quota.period") {
		c.atLeast(path+".quota.period", q.Period, 0.001, 1) // the kernel's own bounds
	}
	if c.given(path + ".quota.slack") {
		c.atLeast(path+".quota.slack", q.Slack, 0, 1)
	}
	most := t.Web.Cores
	if !t.SharedHost {
		most = max(most, t.Database.Cores)
	}
	if q.Cores > 0 && most > q.Cores {
		c.say(path+".quota.cores", "give the machine's cores, or lower the limit", "%s %q has a limit of %g cores on a machine of %g", what, t.Name, most, q.Cores)
	}
}

func (c *checker) memory(path string, bytes float64) {
	if c.given(path) && bytes < minMemory {
		c.say(path, "write 2e9 for 2 GB", "memory is given in bytes, at least a million, and is %g here", bytes)
		return
	}
	c.atLeast(path, bytes, minMemory, maxMemory)
}

// parameterName is that of a setting in postgresql.conf.
var parameterName = regexp.MustCompile(`^[a-z][a-z0-9_.]*$`)

func (c *checker) database(path, what string, t headroom.Topology) {
	at := path + ".database"
	c.positive(at+".cores", t.Database.Cores, maxCores)
	if !t.SharedHost && !c.given(at+".cores") {
		c.say(path, "give database: {cores: …}, or shared_host: true", "%s %q does not say how many cores the database has", what, t.Name)
	}
	c.memory(at+".memory", t.Database.Memory)
	c.atLeast(at+".replicas", float64(t.Database.Replicas), 0, 16)
	for _, name := range slices.Sorted(maps.Keys(t.Database.Parameters)) {
		here := join(at+".parameters", name)
		if !parameterName.MatchString(name) {
			c.say(here, "", "%s is not the name of a PostgreSQL parameter", quote(name))
		}
		if v := t.Database.Parameters[name]; strings.ContainsAny(v, "\n\r\x00") {
			c.say(here, "", "the value of the parameter %s does not fit on one line", quote(name))
		}
	}
}

// poolerMode refuses transaction pooling: a session of the bus or of queue_job's
// runner then listens on a connection that is another's a moment later.
func (c *checker) poolerMode(path, mode string) {
	if mode == "transaction" {
		c.say(path, "use session",
			"pooling by transaction breaks PostgreSQL's LISTEN and NOTIFY, on which Odoo's bus and queue_job rely: such a topology would do well here and fail in production")
		return
	}
	c.oneOf(path, mode, "session", "transaction")
}
