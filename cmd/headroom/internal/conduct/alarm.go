package conduct

import "github.com/headroom-erp/headroom"

// An alarm is a recorder that tells when it takes no more: a full disk ends the
// run at once, also where only probes write.
type alarm struct {
	headroom.Recorder
	rung chan error // holds the first error
}

func newAlarm(r headroom.Recorder) *alarm { return &alarm{r, make(chan error, 1)} }

// Record records. The first error rings.
func (a *alarm) Record(rs headroom.Records) error {
	err := a.Recorder.Record(rs)
	if err != nil {
		select {
		case a.rung <- err:
		default: // it rang
		}
	}
	return err
}
