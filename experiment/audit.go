package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gpuconv/fault"
	"gpuconv/internal/input"
	"gpuconv/whole"
)

// reportName is the name of the file of a [Report]. A run writes it last.
const reportName = "run.json"

// Audit is what [AuditFolder] finds.
type Audit struct {
	Settings []Setting   // what the activations depend on, if run.json says so: see [Report]
	Files    []whole.Sum // as run.json lists them
	Wrong    []error     // one for each file that is missing or has changed
	Others   []string    // names of what else is in the folder
}

// AuditFolder compares each file of a folder that [Job.Run] wrote with its size and checksum in run.json. It reads them
// all, and stops once ctx is done.
//
// Errors: no folder; no run.json, which means that the run did not end; a run.json that cannot be read, has another
// schema or has no checksums; ctx's error.
func AuditFolder(ctx context.Context, folder string) (*Audit, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, &fault.Error{Package: "experiment", Argument: folder, Err: whole.Cause(err)}
	}
	a, err := listed(ctx, filepath.Join(folder, reportName))
	if err != nil {
		return nil, &fault.Error{Package: "experiment", Argument: reportName, Err: err}
	}
	known := map[string]bool{reportName: true}
	for _, s := range a.Files {
		known[s.Name] = true
		if err := s.Verify(ctx, folder); err != nil {
			a.Wrong = append(a.Wrong, err)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	for _, e := range entries {
		if !known[e.Name()] {
			a.Others = append(a.Others, e.Name())
		}
	}
	return a, nil
}

// AuditDone is [AuditFolder] for a folder that was kept until [Job.RunOn] completed it. It refuses the folder of a job
// with other settings.
func (j Job) AuditDone(ctx context.Context, on Prepared, folder string) (*Audit, error) {
	now, err := j.settings(on)
	if err != nil {
		return nil, err
	}
	done, err := listed(ctx, filepath.Join(folder, reportName))
	if err == nil && done.Settings == nil {
		err = errors.New("it was not run with --resume: want a new folder")
	}
	if err == nil {
		err = differ(done.Settings, now)
	}
	if err != nil {
		return nil, &fault.Error{Package: "experiment", Argument: folder, Err: err}
	}
	return AuditFolder(ctx, folder)
}

// listed returns what a run.json says about the folder.
func listed(ctx context.Context, path string) (*Audit, error) {
	var r struct {
		Schema   int         `json:"schema"`
		Settings []Setting   `json:"settings"`
		Files    []whole.Sum `json:"files"`
	}
	if err := readRun(ctx, path, &r); err != nil {
		return nil, err
	}
	return &Audit{Settings: r.Settings, Files: r.Files}, judgeRun(r.Schema, r.Files)
}

// ReadReport reads the run.json of a folder that [Job.Run] wrote. It does not look at the other files; [AuditFolder]
// does. The fields of the report that run.json does not have are zero. Errors are those of AuditFolder.
func ReadReport(ctx context.Context, folder string) (*Report, error) {
	var r Report
	err := readRun(ctx, filepath.Join(folder, reportName), &r)
	if err == nil {
		err = judgeRun(r.Schema, r.Files)
	}
	if err != nil {
		return nil, &fault.Error{Package: "experiment", Argument: reportName, Err: err}
	}
	return &r, nil
}

// ActivationsSum returns the CRC-32C of the file of activations, or "" if the report does not list that file.
func (r *Report) ActivationsSum() string {
	for _, f := range r.Files {
		if f.Name == r.ActivationsFile {
			return f.CRC32C
		}
	}
	return ""
}

// readRun reads a run.json into r.
func readRun(ctx context.Context, path string, r any) error {
	text, err := input.ReadFile(ctx, input.Provenance, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is none: the run did not end, or gpuconv run did not write this folder")
	case err != nil:
		return whole.Cause(err)
	}
	return parseRun(text, r)
}

func parseRun(text []byte, r any) error {
	if err := json.Unmarshal(text, r); err != nil {
		return fmt.Errorf("want it as gpuconv run wrote it: %w", err)
	}
	return nil
}

// judgeRun refuses run.json of another schema, and one without checksums.
func judgeRun(number int, files []whole.Sum) error {
	switch {
	case number != schema:
		return &versionError{fmt.Sprintf("schema %d: want %d", number, schema)}
	case len(files) == 0:
		return &versionError{"no checksums: an earlier version of gpuconv run wrote it"}
	}
	return nil
}

// versionError is the error about a run.json of another version.
type versionError struct{ rule string }

func (e *versionError) Error() string { return e.rule }
