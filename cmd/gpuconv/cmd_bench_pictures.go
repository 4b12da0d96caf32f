package main

import (
	"errors"
	"io"

	"gpuconv/bench"

	"github.com/spf13/cobra"
)

// benchPictures are the flags for the pictures, page and tables of a report, and --no-sync.
type benchPictures struct {
	html, plots, csv, markdown string
	saving                     saving
}

// add registers the flags.
func (p *benchPictures) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	p.saving.register(cmd)
	flags.StringVar(&p.html, "html", "", "write the report as one page that loads nothing else, with pictures")
	flags.StringVar(&p.csv, "csv", "", "write the results as a table for spreadsheets")
	flags.StringVar(&p.markdown, "markdown", "", "write the results as a table in Markdown")
	flags.StringVar(&p.plots, "plots", "", "write the pictures into this new or empty folder, as PNG and SVG")
}

func (p *benchPictures) page() output   { return p.saving.output("html", p.html) }
func (p *benchPictures) folder() output { return p.saving.output("plots", p.plots) }

// validate refuses paths that cannot be written, as far as that can be told before the run.
func (p *benchPictures) validate() error {
	for _, file := range []output{p.page(), p.saving.output("csv", p.csv), p.saving.output("markdown", p.markdown)} {
		if err := file.checkFile(); err != nil {
			return err
		}
	}
	if p.plots == "" {
		return nil
	}
	return p.folder().checkFolder()
}

// tables writes the tables that were asked for.
func (p *benchPictures) tables(r bench.Report) error {
	if p.csv != "" {
		if err := p.saving.output("csv", p.csv).writeFile(r.Printable().Table().WriteCSV); err != nil {
			return err
		}
	}
	if p.markdown == "" {
		return nil
	}
	return p.saving.output("markdown", p.markdown).writeFile(r.WriteMarkdown)
}

// write writes the tables, pictures and page that were asked for.
func (p *benchPictures) write(r bench.Report) error {
	if err := p.tables(r); err != nil {
		return err
	}
	if p.html == "" && p.plots == "" {
		return nil
	}
	pictures, err := r.Pictures()
	if err != nil {
		return err
	}
	if p.plots != "" {
		if err := savePlots(p.folder(), pictures); err != nil {
			return err
		}
	}
	if p.html == "" {
		return nil
	}
	return p.page().writeFile(func(w io.Writer) error { return r.WriteHTML(w, pictures) })
}

// savePlots writes all pictures into a folder, or none.
func savePlots(to output, pictures []bench.Picture) error {
	if len(pictures) == 0 {
		return failed(to.flag, to.path, errors.New("the report has no figure to draw"))
	}
	out, err := to.createFolder()
	if err != nil {
		return err
	}
	defer out.Discard()
	for _, picture := range pictures {
		for extension, write := range map[string]func(io.Writer) error{".png": picture.WritePNG,
			".svg": picture.WriteSVG} {
			if err := out.write(picture.ID+extension, write); err != nil {
				return err
			}
		}
	}
	return out.commit()
}
