package profiles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// Events of the carrier, and the most that the value of each may be.
const (
	carrierDown   = "carrier_down"
	carrierSlow   = "carrier_slow"   // value: seconds
	carrierErrors = "carrier_errors" // value: share of the requests
)

func (c *checker) checkEvents(known []string) {
	for i, e := range c.plan.Events {
		path := item("events", i)
		c.clock(path+".at", e.At, false)
		c.atLeast(path+".duration", e.Duration, 0, maxSeconds)
		if !c.given(path + ".what") {
			continue
		}
		if slices.Contains(known, e.What) {
			c.event(path, e)
			continue
		}
		do := "remove the event"
		if s := suggest(e.What, known); s != "" {
			do = fmt.Sprintf("did you mean %q?", s)
		} else if len(known) > 0 {
			do = "what can happen: " + strings.Join(known, ", ")
		}
		c.say(path+".what", do, "nobody can make the event %s happen yet", quote(e.What))
	}
}

// event checks an event that can happen: whether it has the value that it
// needs, and the carrier that it is about.
func (c *checker) event(path string, e headroom.Event) {
	if strings.HasPrefix(e.What, "carrier_") && !c.given("carrier") {
		c.say(path+".what", "add carrier: {latency: …}, or remove the event", "the event %s is about a carrier, and the plan has none", quote(e.What))
	}
	needs := map[string]string{carrierSlow: "the seconds that an answer then takes", carrierErrors: "the share of requests that then fail"}[e.What]
	switch {
	case needs != "" && !c.given(path+".value"):
		c.say(path, "add value: "+needs, "the event %s needs a value", quote(e.What))
	case needs == "" && c.given(path+".value"):
		c.say(path+".value", "remove it", "the event %s has no value", quote(e.What))
	case e.What == carrierErrors:
		c.positive(path+".value", e.Value, 1)
	default:
		c.positive(path+".value", e.Value, maxAnswer)
	}
}

// maxAnswer is the longest that a carrier's answer may take, in seconds.
const maxAnswer = 3600

func (c *checker) checkCarrier() {
	k := c.plan.Carrier
	if k == nil {
		return
	}
	c.atLeast("carrier.latency", k.Latency, 0, maxAnswer)
	c.atLeast("carrier.scv", k.SCV, 0, 100)
	c.atLeast("carrier.error_rate", k.ErrorRate, 0, 1)
	c.positive("carrier.timeout", k.Timeout, maxAnswer)
}
