package bench

import "time"

// roofTime is how long each roof is measured in a turn.
const roofTime = 100 * time.Millisecond

// probed is the share of the time in which roofs are measured at most.
const probed = 0.05

// measureRoofs keeps the highest rates that each subject has reached. It is called before the rounds and after each of
// them, since other work may disturb a single turn, and does nothing if it has had its share of the time.
func (w *running) measureRoofs() error {
	if len(w.roofs) > 0 && w.probing.Seconds() > probed*time.Since(w.started).Seconds() {
		return nil
	}
	start := time.Now()
	for i := range w.Subjects {
		if w.ctx.Err() != nil {
			return w.ctx.Err()
		}
		s := &w.Subjects[i]
		if s.Roof == nil {
			continue
		}
		err := s.withThreads(func() error {
			flops, bytes, err := s.Roof(roofTime)
			if err != nil {
				return about("roof of "+s.Info.Label(), err)
			}
			w.note(func() {
				if w.roofs[s] == nil {
					w.roofs[s] = &Roof{}
				}
				w.roofs[s].GFLOPS, w.roofs[s].GBPS = max(w.roofs[s].GFLOPS, flops/1e9), max(w.roofs[s].GBPS, bytes/1e9)
			})
			return nil
		})
		if err != nil {
			return err
		}
	}
	w.probing += time.Since(start)
	return nil
}
