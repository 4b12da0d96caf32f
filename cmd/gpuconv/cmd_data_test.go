package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/cmplx"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gpuconv/dataset"
	"gpuconv/npy"
	"gpuconv/whole"
)

// recordings writes a file of the tutorial's layout: 60 stimuli around a circle, and 90 neurons that prefer every
// second degree. The halves differ in scale, which changes no tuning.
func recordings(t *testing.T, path string) {
	t.Helper()
	const stimuli, neurons = 60, 90
	train := &npy.Array{Shape: []int{stimuli, neurons}}
	test := &npy.Array{Shape: []int{stimuli, neurons}}
	angle := &npy.Array{Shape: []int{stimuli, 1}}
	for i := range stimuli {
		theta := 6*float64(i) + 3 + 0.2*math.Sin(float64(i)) // not quite in the middle of its bin
		angle.Data = append(angle.Data, float32(theta))
		for j := range neurons {
			r := math.Cos(2*float64(3*i-j)*2*math.Pi/180) - 0.1
			train.Data = append(train.Data, float32(r))
			test.Data = append(test.Data, float32(2*r))
		}
	}
	err := npy.WriteNPZ(path, npy.Named{Name: "resp_train", Array: train}, npy.Named{Name: "resp_test", Array: test},
		npy.Named{Name: "stimuli", Array: angle})
	if err != nil {
		t.Fatal(err)
	}
}

// gpuconv runs a command line in this process.
func gpuconv(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = execute(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// TestPopulation compares the figures of cosine tuning with their closed forms.
func TestPopulation(t *testing.T) {
	dir := t.TempDir()
	file, out := filepath.Join(dir, "a.npz"), filepath.Join(dir, "out")
	recordings(t, file)
	code, stdout, stderr := gpuconv(t, "data", "--input", file, "--output", out)
	if code != exitOK || stderr != "" {
		t.Fatal(code, stderr)
	}
	for _, want := range []string{"not the tutorial's file", "[60 90]: stimuli, neurons", "median 1.000",
		"1.797, 90° away -2.197"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("it does not say %q:\n%s", want, stdout)
		}
	}
	const want = "aligned.csv cells.csv neurons.png population.json population.png rdm.csv rdm.png"
	if got := names(t, out); got != want {
		t.Errorf("it wrote %s, want %s", got, want)
	}
	var report struct {
		Neurons, Stimuli int
		Reliability      struct{ Median float64 }
		Aligned          struct{ Values, Responses []float64 }
		Notes            []string
	}
	text, err := os.ReadFile(filepath.Join(out, "population.json"))
	if err == nil {
		err = json.Unmarshal(text, &report)
	}
	if err != nil {
		t.Fatal(err)
	}
	if report.Neurons != 90 || report.Stimuli != 60 || len(report.Notes) > 0 ||
		math.Abs(report.Reliability.Median-1) > 1e-9 {
		t.Errorf("report %+v", report)
	}
	// The response is 2·(cos 2d − 0.1) at a distance of d; the preferred orientations are 0°, 2° and −2° from a
	// stimulus.
	for i, d := range report.Aligned.Values {
		want := 2 * (math.Cos(2*d*math.Pi/180)*(1+2*math.Cos(4*math.Pi/180))/3 - 0.1)
		if math.Abs(report.Aligned.Responses[i]-want) > 1e-6 {
			t.Errorf("%v° from the preferred orientation: %v, want %v", d, report.Aligned.Responses[i], want)
		}
	}
	cells, err := os.ReadFile(filepath.Join(out, "cells.csv"))
	if err != nil {
		t.Fatal(err)
	}
	// The mean vector, computed by hand, leaves out the responses below 0. With them the circular variance would be 1
	// or more.
	var vector complex128
	total := 0.0
	for i := range 60 {
		r := max(0, math.Cos(2*float64(3*i)*2*math.Pi/180)-0.1)
		total, vector = total+r, vector+cmplx.Rect(r, 2*float64(6*i)*math.Pi/180)
	}
	if got, want := cellsOf(t, out)[0]["circular_variance"], 1-cmplx.Abs(vector)/total; math.Abs(got-want) > 1e-6 {
		t.Errorf("neuron 0 has a circular variance of %v, want %v", got, want)
	}
	header := strings.SplitN(string(cells), "\n", 2)[0]
	if !strings.HasSuffix(header, "train_orientation_deg,train_test_correlation,noise_ceiling") {
		t.Errorf("cells.csv starts with %s", header)
	}
}

// TestDataDownload: a file is downloaded, described, and found again. If another file is there, the download is
// refused.
func TestDataDownload(t *testing.T) {
	dir := t.TempDir()
	source, file := filepath.Join(dir, "source.npz"), filepath.Join(dir, "a.npz")
	recordings(t, source)
	sums, err := dataset.Sum(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	sum := sums.MD5
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	url := server.URL + "/source.npz"
	args := []string{"data", "--download", file, "--url", url, "--md5", sum, "--pause", "1ms"}
	if code, stdout, stderr := gpuconv(t, args...); code != exitOK || !strings.Contains(stdout, "MD5 "+sum) {
		t.Fatal(code, stdout, stderr)
	}
	if code, stdout, _ := gpuconv(t, args...); code != exitOK || !strings.Contains(stdout, "is there") {
		t.Error("the second time:", code, stdout)
	}
	if code, _, stderr := gpuconv(t, "data", "--input", file, "--md5", sum); code != exitOK {
		t.Error("reading it:", code, stderr)
	}
	for want, args := range map[string][]string{
		"is there, and not the file wanted":     {"--download", file, "--url", url},
		"want " + dataset.MD5:                   {"--download", file + "2", "--url", url},
		"the server answers 404 Not Found":      {"--download", file + "3", "--url", url + "x"},
		"no such file or directory":             {"--download", filepath.Join(dir, "none", "a"), "--url", url},
		"MD5 checksum " + sum + ": want " + md5: {"--input", file, "--md5", md5},
	} {
		code, _, stderr := gpuconv(t, append([]string{"data", "--pause", "1ms"}, args...)...)
		if line := errorLine(t, stderr); code != exitFailed || !strings.HasPrefix(line, "gpuconv: --") ||
			!strings.Contains(line, want) {
			t.Errorf("%v: code %d, %s, want …%s…", args, code, line, want)
		}
	}
	if got := names(t, dir); got != "a.npz source.npz" {
		t.Errorf("there are %s", got)
	}
}

const md5 = "00000000000000000000000000000000"

// TestDataInterrupt: an interrupted download keeps what it has and says so. The same command resumes it.
func TestDataInterrupt(t *testing.T) {
	unixOnly(t)
	dir := t.TempDir()
	source := filepath.Join(dir, "source.npz")
	recordings(t, source)
	content, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	var stalled atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if stalled.Swap(true) {
			http.ServeFile(w, r, source)
			return
		}
		w.Write(content[:1000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	sums, err := dataset.Sum(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	sum := sums.MD5
	args := []string{"data", "--download", "a.npz", "--url", server.URL, "--md5", sum}
	cmd := program(t, args...)
	cmd.Dir = t.TempDir()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(cmd.Dir, "a.npz.part")
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if info, err := os.Stat(part); err == nil && info.Size() == 1000 {
			break
		}
		if time.Now().After(deadline) {
			cmd.Process.Kill()
			t.Fatal("no 1000 bytes of a part")
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
		t.Errorf("it ended with %v", err)
	}
	if got, want := errorLine(t, stderr.String()), "gpuconv: interrupted; 1000 bytes are kept in a.npz.part, the "+
		"same command continues there"; got != want {
		t.Errorf("stderr is %q, want %q", got, want)
	}
	again := program(t, args...)
	again.Dir = cmd.Dir
	out, err := again.Output()
	if err != nil || !strings.Contains(string(out), "resuming  a.npz.part has 1000 bytes\n") {
		t.Errorf("again: %v, %s", err, out)
	}
	if got, _ := os.ReadFile(filepath.Join(cmd.Dir, "a.npz")); !bytes.Equal(got, content) ||
		names(t, cmd.Dir) != "a.npz" {
		t.Errorf("%d bytes, want %d; the folder holds %s", len(got), len(content), names(t, cmd.Dir))
	}
}

// TestDataSHA256: if a SHA-256 is given, the file must have it, and the tutorial's MD5 is not checked. Both sums are
// printed, and are in population.json.
func TestDataSHA256(t *testing.T) {
	unraced(t)
	dir := t.TempDir()
	source, file, out := filepath.Join(dir, "source.npz"), filepath.Join(dir, "a.npz"), filepath.Join(dir, "out")
	recordings(t, source)
	sums, err := dataset.Sum(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	download := []string{"data", "--download", file, "--url", server.URL + "/source.npz", "--pause", "1ms"}
	none := strings.Repeat("0", 64)
	for _, c := range []struct {
		code int
		said string
		args []string
	}{
		{exitFailed, "SHA-256 checksum " + sums.SHA256 + ": want " + none, append(download, "--sha256", none)},
		{exitFailed, "MD5 checksum " + sums.MD5 + ": want " + md5, append(download, "--sha256", sums.SHA256, "--md5", md5)},
		{exitOK, "MD5 " + sums.MD5 + ", SHA-256 " + sums.SHA256 + "\n", append(download, "--sha256", strings.ToUpper(sums.SHA256))},
		{exitOK, "is there, with", append(download, "--sha256", sums.SHA256)},
		{exitFailed, "is there, and not the file wanted", append(download, "--sha256", none)},
		{exitFailed, "SHA-256 checksum " + sums.SHA256 + ": want " + none, []string{"data", "--input", file, "--sha256", none}},
		{exitOK, "SHA-256 " + sums.SHA256 + ", not the tutorial's file\n", []string{"data", "--input", file, "--sha256", sums.SHA256, "--output", out}},
		{exitUsage, `--sha256 "abc": want 64 hexadecimal digits, or none`, []string{"data", "--input", file, "--sha256", "abc"}},
		{exitUsage, "--max-time -1s: want a time of 0 or more", append(download, "--max-time", "-1s")},
	} {
		code, stdout, stderr := gpuconv(t, c.args...)
		if code != c.code || !strings.Contains(stdout+stderr, c.said) {
			t.Errorf("%v: code %d, %s%s, want %d, …%s…", c.args, code, stdout, stderr, c.code, c.said)
		}
	}
	text, err := os.ReadFile(filepath.Join(out, "population.json"))
	if err != nil || !strings.Contains(string(text), `"sha256": "`+sums.SHA256+`"`) {
		t.Errorf("population.json does not name the file: %v", err)
	}
}

// TestDataMaxTime: a silent server does not hold the program longer than the time that is allowed.
func TestDataMaxTime(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	}))
	defer server.Close()
	code, _, stderr := gpuconv(t, "data", "--download", filepath.Join(t.TempDir(), "a"), "--url", server.URL,
		"--max-time", "50ms")
	want := "gpuconv: --download: " + server.URL + ": not all of it came in 50ms: want more time"
	if code != exitFailed || errorLine(t, stderr) != want {
		t.Errorf("code %d, %s, want %s", code, stderr, want)
	}
}

// TestProxy: a download connects only to the proxy that the environment names.
func TestProxy(t *testing.T) {
	asked := make(chan string, 9)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.RequestURI
		http.Error(w, "no", http.StatusNotFound)
	}))
	defer proxy.Close()
	const url = "http://gpuconv.invalid/r.npz"
	cmd := program(t, "data", "--download", "r.npz", "--url", url)
	cmd.Dir, cmd.Env = t.TempDir(), append(cmd.Environ(), "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=",
		"no_proxy=")
	out, err := cmd.CombinedOutput()
	if err == nil || len(asked) != 1 || !strings.Contains(string(out), "404 Not Found") {
		t.Fatalf("%v, %d requests: %s", err, len(asked), out)
	}
	if got := <-asked; got != url {
		t.Errorf("the proxy is asked for %s, want %s", got, url)
	}
}

// TestDataInterruptedLate: an interrupt while checksums are computed reports the truth. It says nothing of a file that
// was there before, and says that a file which has just arrived is written.
func TestDataInterruptedLate(t *testing.T) {
	dir := t.TempDir()
	source, file := filepath.Join(dir, "source.npz"), filepath.Join(dir, "a.npz")
	recordings(t, source)
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	args := []string{"data", "--download", file, "--url", server.URL + "/source.npz", "--md5", "none"}
	var stdout, stderr bytes.Buffer
	if code := execute(existing{t.Context(), file}, args, &stdout, &stderr); code != exitOK ||
		!strings.Contains(stdout.String(), "wrote ") {
		t.Errorf("interrupted after it: code %d, %s, %s", code, stdout.String(), stderr.String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stdout.Reset()
	stderr.Reset()
	code := execute(ctx, args, &stdout, &stderr)
	if line := errorLine(t, stderr.String()); code != exitFailed ||
		line != "gpuconv: interrupted; nothing was written" {
		t.Errorf("interrupted while it is read: code %d, %s", code, line)
	}
}

// existing is a context that is done once a file is there.
type existing struct {
	context.Context
	path string
}

func (e existing) Err() error {
	if exists(e.path) {
		return context.Canceled
	}
	return e.Context.Err()
}

// TestDataTwice: a second download of the same file is refused while the first one runs. It does not claim to have kept
// anything.
func TestDataTwice(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.npz")
	release, err := whole.Options{}.Claim(file + ".part")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	for end, text := range map[string]string{".part": "x", ".part.origin": `{"url":"u","size":-1}`} {
		if err := os.WriteFile(file+end, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, _, stderr := gpuconv(t, "data", "--download", file, "--url", "http://127.0.0.1:1/")
	if want := "gpuconv: --download: " + file + ".part: another process is writing it"; code != exitFailed ||
		errorLine(t, stderr) != want {
		t.Errorf("code %d, %s, want %s", code, stderr, want)
	}
}
