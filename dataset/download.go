package dataset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"gpuconv/whole"
)

// MostSize is the default of [Fetch].MostSize, in bytes: the largest file that [Download] accepts.
const MostSize = 1 << 30

// Fetch says what to download, and where to. Fields below Path are optional; zero means the default in the comment.
type Fetch struct {
	URL  string
	Path string // of the file to write

	Wanted   Wanted                  // the checksums that the file must have
	Within   time.Duration           // how long the whole download may take; default: no limit
	Stall    time.Duration           // how long to wait for the next byte; default 30 s
	Retries  int                     // how many retries in a row may bring no new byte; default 3; negative means none
	Attempts int                     // how many attempts are made in all; default 100
	Pause    time.Duration           // before a retry; default 1 s; doubles with each fruitless one, up to 1 min
	MostSize int64                   // the largest file that is accepted, in bytes; default [MostSize]
	Client   *http.Client            // default: one that keeps no connection open
	Progress func(done, total int64) // called with numbers of bytes; total is −1 while it is unknown
	Saving   whole.Options           // how the file is put in place; default: so that it survives a power cut
}

// Download fetches a file. In the end Path has the whole file, with the right checksums, or is as it was. Until then
// the bytes are in a file beside Path, the part: see [Fetch.Part]. If the part has bytes from an earlier call, Download
// asks only for the rest. The request has the condition that the server's file is still the same (If-Range): if it is
// not, the server sends the whole file. Another file beside Path keeps what the condition needs. Download starts over
// if the server does not send ranges. It also starts over if neither a checksum nor the server can show that the file
// is still the same.
//
// If an attempt is cut off, stalls or gets an error of the server (5xx, 408, 429), the next attempt continues where it
// ended. When no retry or no time is left, or ctx is done, Download keeps the part, unless it is empty. It removes a
// part whose checksum is wrong. If that part came in several attempts, or partly from an earlier call, Download fetches
// the file once more from the start, because the file at the address may have changed in between.
//
// Download replaces a file that is at Path when it begins, but not one that appears there later: that is an error.
//
// Errors: an address that is not valid or cannot be reached; an answer with another status than 200 or 206; a file of
// more than MostSize; a [*ChecksumError]; more time than Within; files that cannot be written, or that appear
// meanwhile; a part that is a link, that no download has begun, or that another process is writing; ctx's error,
// wrapped.
func Download(ctx context.Context, f Fetch) error {
	f = f.withDefaults()
	release, err := f.Saving.Claim(f.Part())
	if err != nil {
		return written(err)
	}
	defer release()
	if f.Within > 0 {
		late := fmt.Errorf("not all of it came in %v: want more time", f.Within)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, f.Within, late)
		defer cancel()
	}
	_, err = os.Stat(f.Path)
	there := err == nil
	for again := true; ; again = false {
		d := download{Fetch: f, replace: there}
		err := d.run(ctx)
		var wrong *ChecksumError
		if again && d.pieced && errors.As(err, &wrong) {
			continue
		}
		return err
	}
}

func (f Fetch) withDefaults() Fetch {
	if f.Stall == 0 {
		f.Stall = 30 * time.Second
	}
	if f.Retries == 0 {
		f.Retries = 3
	}
	if f.Attempts == 0 {
		f.Attempts = 100
	}
	if f.Pause == 0 {
		f.Pause = time.Second
	}
	if f.MostSize == 0 {
		f.MostSize = MostSize
	}
	if f.Client == nil {
		f.Client = newClient()
	}
	if f.Progress == nil {
		f.Progress = func(int64, int64) {}
	}
	return f
}

// newClient returns a client that closes each connection after the answer. On a connection that stays open, a server
// may send data that nobody asked for, and net/http would then print a line.
func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	return &http.Client{Transport: transport}
}

// download is a Fetch that is being executed.
type download struct {
	Fetch
	replace bool // there was a file at Path when Download began
	file    *os.File
	done    int64  // bytes in file
	pieced  bool   // the bytes came in several answers
	of      origin // the server's file that the bytes belong to
}

// run fetches the file and puts it in its place. If that fails, it keeps the part, unless that is empty.
func (d *download) run(ctx context.Context) error {
	err := d.begin()
	if err != nil {
		return err
	}
	if d.done > 0 && d.of.differs(origin{URL: d.URL, Size: -1}) { // bytes of another address are of no use
		err = unwrapped(d.startOver())
	}
	if err == nil {
		err = d.fetch(ctx)
	}
	if closeErr := d.file.Close(); err == nil && closeErr != nil {
		err = failed(d.Part(), closeErr)
	}
	if err == nil {
		if err = d.verify(ctx); err == nil {
			err = d.place()
		}
	}
	if err != nil && d.done == 0 {
		_ = os.Remove(d.Part())
	}
	if err == nil || d.done == 0 {
		_ = os.Remove(d.origin())
	}
	return err
}

// begin opens the part and finds out what an earlier call has left. It refuses a part that no download of this package
// has begun.
func (d *download) begin() error {
	of, err := readOrigin(d.origin())
	none := errors.Is(err, fs.ErrNotExist)
	if err != nil && !none {
		return foreign(d.origin())
	}
	if d.file, err = openPart(d.Part()); err != nil {
		return err
	}
	info, err := d.file.Stat()
	switch {
	case err != nil:
		err = failed(d.Part(), err)
	case none && info.Size() > 0:
		err = foreign(d.Part())
	default:
		d.done, d.pieced, d.of = info.Size(), info.Size() > 0, of
		return nil
	}
	d.file.Close()
	return err
}

// unwrapped returns the error of a [*permanentError], and any other as it is.
func unwrapped(err error) error {
	var permanent *permanentError
	if errors.As(err, &permanent) {
		return permanent.err
	}
	return err
}

// fetch makes attempts until the file is complete, or until it may not try again.
func (d *download) fetch(ctx context.Context) error {
	pause, furthest, fruitless := d.Pause, d.done, 0
	for attempts := 1; ; attempts++ {
		err := d.attempt(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return failed(d.URL, context.Cause(ctx))
		case errors.As(err, new(*permanentError)):
			return unwrapped(err)
		case attempts >= d.Attempts:
			return failed(d.URL, fmt.Errorf("%w; %d attempts: want a steadier connection", err, attempts))
		case d.done > furthest: // new bytes; those received again after starting over do not count
			fruitless, pause, furthest = 0, d.Pause, d.done
		case fruitless >= max(d.Retries, 0):
			return failed(d.URL, err)
		default:
			fruitless++
		}
		d.pieced = d.pieced || d.done > 0
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause = min(2*pause, max(d.Pause, time.Minute))
	}
}

// permanentError is an error that a retry cannot cure.
type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }

func (d *download) permanently(format string, args ...any) error {
	return &permanentError{failed(d.URL, fmt.Errorf(format, args...))}
}

// attempt asks for the missing bytes and appends those that come. It gives up if no byte comes for d.Stall.
func (d *download) attempt(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := fmt.Errorf("no byte for %v", d.Stall)
	timer := time.AfterFunc(d.Stall, func() { cancel(stalled) })
	defer timer.Stop()
	err := d.exchange(ctx, func() { timer.Reset(d.Stall) })
	if err != nil && context.Cause(ctx) == stalled {
		return stalled
	}
	return err
}

// exchange sends one request and reads its answer. It calls alive at each sign of life.
func (d *download) exchange(ctx context.Context, alive func()) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL, nil)
	if err != nil || request.URL.Host == "" {
		return d.permanently("want an address such as %s", URL)
	}
	if d.done > 0 && d.Wanted.Any() && d.of.condition() == "" { // a change of the file would go unnoticed
		if err := d.startOver(); err != nil {
			return err
		}
	}
	request.Header.Set("Accept-Encoding", "identity") // ranges count bytes of the uncompressed file
	if d.done > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.done))
		if condition := d.of.condition(); condition != "" {
			request.Header.Set("If-Range", condition)
		}
	}
	response, err := d.Client.Do(request)
	if err != nil {
		return plain(err)
	}
	defer response.Body.Close()
	alive()
	total, complete, err := d.accept(response)
	if err != nil || complete {
		return err
	}
	if total < 0 {
		total = d.of.Size // an earlier answer may have told the size
	}
	return d.receive(response.Body, total, alive)
}

// accept reads the header of the answer. total is the size of the whole file, or −1 if the server does not say it.
// complete is true if no bytes are missing.
func (d *download) accept(r *http.Response) (total int64, complete bool, err error) {
	switch {
	case r.StatusCode == http.StatusOK: // the whole file; also if the server ignored a range, or the file has changed
		if err = d.startOver(); err == nil {
			err = d.remember(newOrigin(d.URL, r.ContentLength, r.Header))
		}
		return r.ContentLength, false, err
	case r.StatusCode == http.StatusPartialContent && d.done > 0:
		total, err = d.goOn(r.Header)
		return total, false, err
	case r.StatusCode == http.StatusRequestedRangeNotSatisfiable && d.done > 0:
		if _, total, _ := contentRange(r.Header.Get("Content-Range")); total == d.done {
			return total, true, nil
		}
		if err := d.startOver(); err != nil {
			return 0, false, err
		}
		return 0, false, errors.New("the part does not belong to the server's file")
	case r.StatusCode >= 500, r.StatusCode == http.StatusRequestTimeout, r.StatusCode == http.StatusTooManyRequests:
		return 0, false, fmt.Errorf("the server answers %s", r.Status)
	}
	return 0, false, d.permanently("the server answers %s", r.Status)
}

// goOn reads the header of an answer with the rest of the file. It starts over if the rest belongs to another file.
func (d *download) goOn(h http.Header) (total int64, err error) {
	first, total, ok := contentRange(h.Get("Content-Range"))
	now := newOrigin(d.URL, total, h)
	switch {
	case !ok || first != d.done:
		err = fmt.Errorf("the server sends the range %q", h.Get("Content-Range"))
	case d.of.differs(now):
		err = errors.New("the file has changed meanwhile")
	case d.of.condition() == "":
		return total, d.remember(now)
	default:
		return total, nil
	}
	return total, cmp.Or(d.startOver(), err)
}

// remember keeps the server's description of the file, for the next attempt and for a later call.
func (d *download) remember(of origin) error {
	d.of = of
	if err := of.keep(d.origin(), d.Saving); err != nil {
		return &permanentError{written(err)}
	}
	return nil
}

// contentRange reads "bytes 5-9/10" and "bytes */10"; total is −1 if it is "*".
func contentRange(header string) (first, total int64, ok bool) {
	var last int64
	if n, _ := fmt.Sscanf(header, "bytes %d-%d/%d", &first, &last, &total); n == 3 {
		return first, total, total > last && last >= first
	}
	if n, _ := fmt.Sscanf(header, "bytes */%d", &total); n == 1 {
		return 0, total, false
	}
	n, _ := fmt.Sscanf(header, "bytes %d-%d/", &first, &last)
	return first, -1, n == 2 && strings.HasSuffix(header, "/*")
}

// startOver drops the bytes that have come so far.
func (d *download) startOver() error {
	if err := d.file.Truncate(0); err != nil {
		return d.unwritable(err)
	}
	d.done, d.pieced, d.of = 0, false, origin{Size: -1}
	return nil
}

func (d *download) unwritable(err error) error {
	return &permanentError{failed(d.Part(), err)}
}

// receive appends the body of the answer to the part.
func (d *download) receive(body io.Reader, total int64, alive func()) error {
	if total > d.MostSize {
		return d.permanently("the file has %d bytes: want at most %d", total, d.MostSize)
	}
	if _, err := d.file.Seek(d.done, io.SeekStart); err != nil {
		return d.unwritable(err)
	}
	buffer := make([]byte, 64<<10)
	for {
		n, err := body.Read(buffer)
		if n > 0 {
			alive()
			if _, err := d.file.Write(buffer[:n]); err != nil {
				return d.unwritable(err)
			}
			d.done += int64(n)
			d.Progress(d.done, total)
		}
		switch {
		case d.done > d.MostSize:
			_ = d.startOver()
			return d.permanently("the file has more than %d bytes: want at most that", d.MostSize)
		case (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) && total >= 0 && d.done < total:
			return fmt.Errorf("the answer ends after %d of %d bytes", d.done, total)
		case errors.Is(err, io.EOF) && total >= 0 && d.done > total:
			return cmp.Or(d.startOver(), fmt.Errorf("the answer has more than the %d bytes of the file", total))
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return plain(err)
		}
	}
}

// verify compares the checksums. If they are wrong, it sets done to 0, so that run removes the file.
func (d *download) verify(ctx context.Context) error {
	sums, err := Sum(ctx, d.Part())
	if ctx.Err() != nil {
		return failed(d.URL, context.Cause(ctx))
	}
	if err != nil {
		return err
	}
	if err := d.Wanted.Check(d.URL, sums); err != nil {
		d.done = 0
		return err
	}
	return nil
}

// place moves the part to its final name.
func (d *download) place() error {
	place := d.Saving.PlaceNew
	if d.replace {
		place = d.Saving.Place
	}
	return written(place(d.Part(), d.Path))
}

// plain takes the method and the address off an error of net/http, because our message has the address already.
func plain(err error) error {
	if asked := (*url.Error)(nil); errors.As(err, &asked) {
		return asked.Err
	}
	return err
}
