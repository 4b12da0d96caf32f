//go:build cgo && !nogl

package gpu

import (
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"time"

	"gpuconv/conv"
)

// junit is a report of stages that CI systems read.
type junit struct {
	XMLName  xml.Name `xml:"testsuite"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Cases    []junitCase
}

type junitCase struct {
	XMLName xml.Name      `xml:"testcase"`
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitMessage `xml:"failure"`
	Skipped *junitMessage `xml:"skipped"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
}

// add adds a case: it is skipped if the algorithm does not compute the problem.
func (j *junit) add(class, name string, took time.Duration, err error) {
	c := junitCase{Class: class, Name: name, Time: fmt.Sprintf("%.3f", took.Seconds())}
	j.Tests++
	switch {
	case errors.Is(err, conv.ErrUnsupported):
		j.Skipped++
		c.Skipped = &junitMessage{err.Error()}
	case err != nil:
		j.Failures++
		c.Failure = &junitMessage{err.Error()}
	}
	j.Cases = append(j.Cases, c)
}

// write writes the report to a file.
func (j *junit) write(path string) error {
	text, err := xml.MarshalIndent(j, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append([]byte(xml.Header), text...), 0o666)
}
