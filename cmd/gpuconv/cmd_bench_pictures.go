package main

import (
	"fmt"
	"io"

	"gpuconv/bench"
	"gpuconv/fault"

	"github.com/spf13/pflag"
)

// benchPictures are the page and the folder of pictures of a report.
type benchPictures struct{ html, plots string }

func (p *benchPictures) add(flags *pflag.FlagSet) {
	flags.StringVar(&p.html, "html", "", "write the report as one page that loads nothing else, with pictures")
	flags.StringVar(&p.plots, "plots", "", "write the pictures into this new or empty folder, as PNG and SVG")
}

// validate refuses what can be seen not to be written.
func (p *benchPictures) validate() error {
	if err := (reportFile{"html", p.html}).check(); err != nil {
		return err
	}
	if p.plots == "" {
		return nil
	}
	if err := checkOutputDir(p.plots); err != nil {
		return reflagged("plots", usage(err))
	}
	return nil
}

// write draws what was asked for.
func (p *benchPictures) write(r bench.Report) error {
	if p.html == "" && p.plots == "" {
		return nil
	}
	pictures, err := r.Pictures()
	if err != nil {
		return err
	}
	if p.plots != "" {
		if err := savePlots(p.plots, pictures); err != nil {
			return err
		}
	}
	return reportFile{"html", p.html}.write(func(w io.Writer) error { return r.WriteHTML(w, pictures) })
}

// savePlots writes all pictures into a folder, or none.
func savePlots(path string, pictures []bench.Picture) error {
	if len(pictures) == 0 {
		return fmt.Errorf("--plots %s: the report has no figure to draw", fault.Printable(path))
	}
	out, err := newOutputDir(path)
	if err != nil {
		return reflagged("plots", err)
	}
	defer out.abort()
	for _, picture := range pictures {
		for _, extension := range []string{".png", ".svg"} {
			name := picture.ID + extension
			if err := picture.Save(out.file(name)); err != nil {
				return reflagged("plots", out.label(name)(err))
			}
		}
	}
	if err := out.commit(); err != nil {
		return reflagged("plots", err)
	}
	return nil
}
