// Package chromium opens pages in a Chromium without a display, for tests. [Start] starts one, and [Browser.Open] opens
// a page in it. Mouse and keys work as a user's do. Messages on the console, errors of scripts and requests for
// anything outside the page fail the test.
//
// It speaks the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/) over two pipes.
package chromium

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"gpuconv/whole"
)

// Path returns the path of a Chromium that needs no display. Without one it skips t, or fails it if
// GPUCONV_REQUIRE_CHROMIUM is 1.
func Path(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium-headless-shell", "chromium", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("GPUCONV_REQUIRE_CHROMIUM") == "1" {
		t.Fatal("there is no chromium-headless-shell, which Debian's package of this name has")
	}
	t.Skip("there is no Chromium")
	return ""
}

// Browser is a running Chromium with one page. Only the goroutine of the test may use it.
type Browser struct {
	t       testing.TB
	to      *os.File
	from    *bufio.Reader
	pipe    *os.File // of from
	last    int      // number of the last call
	session string   // of the page
	loaded  bool
}

// patience is how long an answer of the browser may take. It is long, because test machines may be slow and busy.
const patience = 3 * time.Minute

// Start starts a browser, which ends with t. Without a Chromium it does what [Path] does.
func Start(t testing.TB) *Browser {
	t.Helper()
	path := Path(t)
	theirs, to := pipe(t)
	from, answers := pipe(t)
	folder := t.TempDir()
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
		"--remote-debugging-pipe", "--user-data-dir="+folder)
	cmd.ExtraFiles = []*os.File{theirs, answers} // 3 and 4, as the browser expects
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	answers.Close()
	b := &Browser{t: t, to: to, pipe: from, from: bufio.NewReader(from)}
	t.Cleanup(func() {
		// its children end with the pipe, and write into the folder until then
		to.Close()
		from.Close()
		force := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		force.Stop()
		for try := 0; os.RemoveAll(folder) != nil && try < 50; try++ {
			time.Sleep(100 * time.Millisecond)
		}
	})
	var target struct {
		ID      string `json:"targetId"`
		Session string `json:"sessionId"`
	}
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	b.call("Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &target)
	b.session = target.Session
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// message is an answer to a call, or an event.
type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// call calls a method of the protocol and waits for its answer. result may be nil.
func (b *Browser) call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.last++
	request := map[string]any{"id": b.last, "method": method}
	if params != nil {
		request["params"] = params
	}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	text, err := json.Marshal(request)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		m := b.read(method)
		if m.ID != b.last {
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatalf("%s: %v", method, err)
			}
		}
		return
	}
}

// read reads a message, and takes notice of it if it is an event. The argument what says, in errors, what the caller
// waits for.
func (b *Browser) read(what string) (m message) {
	b.t.Helper()
	if err := b.pipe.SetReadDeadline(time.Now().Add(patience)); err != nil {
		b.t.Fatal(err)
	}
	text, err := b.from.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	if err := json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	switch m.Method {
	case "Page.loadEventFired":
		b.loaded = true
	case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded":
		b.t.Errorf("the page writes to the console: %s", m.Params)
	case "Network.requestWillBeSent":
		b.judge(m.Params)
	}
	return m
}

// judge fails the test if the page asks for anything that is not in it.
func (b *Browser) judge(params json.RawMessage) {
	var sent struct {
		Request struct {
			URL string `json:"url"`
		} `json:"request"`
		Type string `json:"type"`
	}
	if err := json.Unmarshal(params, &sent); err != nil {
		b.t.Fatal(err)
	}
	if sent.Type != "Document" && !strings.HasPrefix(sent.Request.URL, "data:") {
		b.t.Errorf("the page asks for %.200s", sent.Request.URL)
	}
}

// View is the window of a page.
type View struct {
	Width, Height int  // in pixels
	Dark          bool // the reader's system asks for dark pages
}

// Open opens a file in a window, and waits until it is loaded.
func (b *Browser) Open(path string, v View) {
	b.t.Helper()
	b.Show(v)
	b.loaded = false
	b.call("Page.navigate", map[string]any{"url": "file://" + path}, nil)
	for !b.loaded {
		b.read("the page")
	}
}

// Show changes the window of the page that is open.
func (b *Browser) Show(v View) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": v.Width, "height": v.Height,
		"deviceScaleFactor": 1, "mobile": false}, nil)
	scheme := map[bool]string{false: "light", true: "dark"}[v.Dark]
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{
		{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// Eval runs an expression in the page and stores its value in result, which may be nil.
func (b *Browser) Eval(expression string, result any) {
	b.t.Helper()
	var got struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &got)
	if got.Exception != nil {
		b.t.Fatalf("%s: %s", expression, got.Exception.Exception.Description)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(got.Result.Value, result); err != nil {
		b.t.Fatalf("%s is %s: %v", expression, got.Result.Value, err)
	}
}

// Text returns the text of the first element that a CSS selector finds.
func (b *Browser) Text(selector string) (text string) {
	b.t.Helper()
	b.Eval(fmt.Sprintf("document.querySelector(%q).textContent", selector), &text)
	return strings.Join(strings.Fields(text), " ")
}

// place scrolls an element into the window and returns a point of it: x and y go from 0 to 1, from its left top corner.
func (b *Browser) place(selector string, x, y float64) (at [2]float64) {
	b.t.Helper()
	b.Eval(fmt.Sprintf("(e => { e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect(); "+
		"return [r.x + r.width * %g, r.y + r.height * %g]; })(document.querySelector(%q))", x, y, selector), &at)
	return at
}

// Point moves the mouse to a point of an element: x and y go from 0 to 1, from its left top corner.
func (b *Browser) Point(selector string, x, y float64) {
	b.t.Helper()
	at := b.place(selector, x, y)
	b.call("Input.dispatchMouseEvent", map[string]any{"type": "mouseMoved", "x": at[0], "y": at[1]}, nil)
}

// Click clicks at a point of an element, as [Browser.Point] takes it.
func (b *Browser) Click(selector string, x, y float64) {
	b.t.Helper()
	b.Point(selector, x, y)
	at := b.place(selector, x, y)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		b.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at[0], "y": at[1], "button": "left",
			"clickCount": 1}, nil)
	}
}

// Key presses a key: Tab, a space, an arrow such as ArrowLeft, Home, End, PageUp or PageDown.
func (b *Browser) Key(name string) {
	b.t.Helper()
	code := map[string]int{"Tab": 9, " ": 32, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36, "ArrowLeft": 37,
		"ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}[name] // as on Windows
	down := map[string]any{"type": "rawKeyDown", "key": name, "windowsVirtualKeyCode": code}
	if name == " " {
		down["type"], down["text"] = "keyDown", " "
	}
	b.call("Input.dispatchKeyEvent", down, nil)
	b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": name, "windowsVirtualKeyCode": code}, nil)
}

// overflow lists the first ten elements that reach beyond the window, or whose contents are wider than the element,
// with the number of pixels.
func (b *Browser) overflow() (wide []string) {
	b.t.Helper()
	b.Eval(`[...document.querySelectorAll("*")].flatMap(e => {
		const over = Math.max(e.getBoundingClientRect().right - innerWidth, e.scrollWidth - e.clientWidth);
		const seen = getComputedStyle(e).display !== "inline" && e.clientWidth > 0;
		return over > 1 && seen ? [e.tagName + " +" + over] : [];
	}).slice(0, 10)`, &wide)
	return wide
}

// Screenshot writes a picture of the whole page, as PNG.
func (b *Browser) Screenshot(path string) {
	b.t.Helper()
	var size [2]float64
	b.Eval("[innerWidth, document.documentElement.scrollHeight]", &size)
	var shot struct {
		Data string `json:"data"`
	}
	b.call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true,
		"clip": map[string]any{"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}}, &shot)
	b.save(path, shot.Data)
}

// Print prints the page as PDF, as a reader would.
func (b *Browser) Print(path string) {
	b.t.Helper()
	var printed struct {
		Data string `json:"data"`
	}
	b.call("Page.printToPDF", map[string]any{"preferCSSPageSize": true}, &printed)
	b.save(path, printed.Data)
}

func (b *Browser) save(path, data string) {
	b.t.Helper()
	content, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		b.t.Fatal(err)
	}
	b.write(path, content)
}

func (b *Browser) write(path string, content []byte) {
	b.t.Helper()
	if err := whole.Write(path, func(w io.Writer) error { _, err := w.Write(content); return err }); err != nil {
		b.t.Fatal(err)
	}
}
