package main

import (
	"encoding/json"
	"io"
	"time"

	"gpuconv/verify"
	"gpuconv/whole"
)

// proofFiles are the files that gpuconv verify writes while it runs, so that a process that is killed leaves what was
// found so far. A file that was not asked for has no path.
type proofFiles struct {
	json, junit, jsonl, pictures output

	lines *whole.Lines // of jsonl
	wrote time.Time    // when json and junit were last written
	took  time.Duration
}

// outputs returns the files that were asked for. It refuses paths that cannot be written, as far as that can be told
// before the run.
func (f *verifyFlags) outputs() (*proofFiles, error) {
	out := &proofFiles{json: f.saving.output("json", f.json), junit: f.saving.output("junit", f.junit),
		jsonl: f.saving.output("jsonl", f.jsonl), pictures: f.saving.output("pictures", f.pictures)}
	for _, file := range []output{out.json, out.junit, out.jsonl} {
		if err := file.checkFile(); err != nil {
			return nil, err
		}
	}
	if f.pictures == "" {
		return out, nil
	}
	return out, out.pictures.checkFolder()
}

// create makes the files and the folder of pictures, which replace those of an earlier run. That comes before anything
// that takes time. So a process that is killed while it opens a device, or reads images, leaves reports, too. If one of
// them cannot be made, those before it say so.
func (o *proofFiles) create(r verify.Report) error {
	r.Stopped = verify.Running
	err := o.write(r, true)
	if err == nil {
		err = o.createOthers()
	}
	return o.giveUp(r, err)
}

// giveUp returns err, which ends the proof before its first case if it is not nil. Then the reports say so.
func (o *proofFiles) giveUp(r verify.Report, err error) error {
	if err != nil {
		r.Stopped = plain(err).Error()
		_ = o.write(r, false) // if err is about a report, this is the same error
	}
	return err
}

// createOthers makes what is not a report: the folder of pictures, and --jsonl.
func (o *proofFiles) createOthers() error {
	if o.pictures.path != "" {
		if _, err := o.pictures.options.MakeFolders(o.pictures.path); err != nil {
			return o.pictures.blame(err)
		}
	}
	if o.jsonl.path != "" {
		err := o.jsonl.withFolders(func() (err error) {
			o.lines, err = o.jsonl.options.CreateLines(o.jsonl.path)
			return err
		})
		return o.jsonl.blame(err)
	}
	return nil
}

// begin writes the first line of --jsonl, and the reports with the number of cases.
func (o *proofFiles) begin(r verify.Report) error {
	err := o.line(firstLine{Schema: r.Schema, Program: r.Program, Command: r.Command, Total: r.Total})
	if err == nil {
		err = o.write(r, true)
	}
	return o.giveUp(r, err)
}

// firstLine is the first line of --jsonl. The next lines are the cases, as in --json, and the last line is lastLine.
type firstLine struct {
	Schema  int    `json:"schema"`
	Program any    `json:"program"`
	Command string `json:"command"`
	Total   int    `json:"total"` // 0 if the proof ended before its cases were chosen
}

// lastLine is the last line of --jsonl. If it is missing, the process was killed.
type lastLine struct {
	End     bool    `json:"end"` // true
	Seconds float64 `json:"seconds"`
	Stopped string  `json:"stopped,omitempty"`
	verify.Count
}

// line adds a line to --jsonl.
func (o *proofFiles) line(content any) error {
	if o.lines == nil {
		return nil
	}
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	return o.jsonl.blame(o.lines.Add(text))
}

// The reports hold all cases, so writing them takes time. After a write, the next one waits for leastPause or, if that
// is longer, for pausePerWrite times as long as the write took. So writing takes at most a twentieth of the run.
const (
	leastPause    = time.Second
	pausePerWrite = 20
)

// refresh writes the reports again, if it is time to.
func (o *proofFiles) refresh(r verify.Report) error {
	if time.Since(o.wrote) < max(leastPause, pausePerWrite*o.took) {
		return nil
	}
	return o.write(r, true)
}

// write writes the reports, each whole or not at all. interim says that later reports will replace these, so that they
// need not be synced to the disk.
func (o *proofFiles) write(r verify.Report, interim bool) error {
	began := time.Now()
	for _, file := range []struct {
		output
		write func(io.Writer) error
	}{{o.junit, r.WriteJUnit}, {o.json, r.WriteJSON}} {
		if file.path == "" {
			continue
		}
		file.options.NoSync = file.options.NoSync || interim
		if err := file.writeFile(file.write); err != nil {
			return err
		}
	}
	o.wrote = time.Now()
	o.took = o.wrote.Sub(began)
	return nil
}

// end writes the last reports.
func (o *proofFiles) end(r verify.Report) error {
	if err := o.write(r, false); err != nil || o.lines == nil {
		return err
	}
	if err := o.line(lastLine{End: true, Seconds: r.Seconds, Stopped: r.Stopped, Count: r.Count}); err != nil {
		return err
	}
	return o.jsonl.blame(o.lines.Close())
}

// picture draws a record in the folder of pictures, with a number in the names. It reports whether it drew anything.
func (o *proofFiles) picture(number int, r verify.Record) (bool, error) {
	drew, err := verify.WritePictures(o.pictures.path, o.pictures.options, number, r)
	if err != nil {
		return false, o.pictures.blame(err)
	}
	return drew, nil
}
