package chromium

import (
	"fmt"
	"os"
	"path/filepath"
)

// EachView opens a page as its readers may, at the widths of a desktop window and of a phone, light and dark, and calls
// look each time. Nothing of the page may be wider than the window, which would then scroll sideways. The page must be
// dark if the reader's system asks for that. GPUCONV_SCREENSHOTS names a folder for pictures of the page,
// NAME-WIDTH-DARK.png.
func (b *Browser) EachView(name string, page []byte, look func(v View)) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "page.html")
	b.write(path, page)
	for _, width := range []int{1400, 420} {
		for _, dark := range []bool{false, true} {
			v := View{Width: width, Height: 900, Dark: dark}
			b.Open(path, v)
			look(v)
			if wide := b.overflow(); len(wide) > 0 {
				b.t.Errorf("%d pixels, dark %v: too wide: %q", width, dark, wide)
			}
			var paper string
			b.Eval("getComputedStyle(document.body).backgroundColor", &paper)
			if dark == (paper == "rgb(255, 255, 255)") {
				b.t.Errorf("dark %v: the page is %s", dark, paper)
			}
			if dir := os.Getenv("GPUCONV_SCREENSHOTS"); dir != "" {
				b.Screenshot(filepath.Join(dir, fmt.Sprintf("%s-%d-%v.png", name, width, dark)))
			}
		}
	}
}
