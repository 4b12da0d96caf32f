package npy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// parseHeader parses the text of a header, a Python dict literal such as
//
//	{'descr': '<f4', 'fortran_order': False, 'shape': (5, 1, 48, 64), }
//
// The grammar is the part of Python that writers of such files use:
//
//	header = "{" [ pair { "," pair } [ "," ] ] "}"
//	pair   = string ":" ( string | "True" | "False" | shape )
//	shape  = "(" [ int "," { int "," } [ int ] ] ")"
//	int    = ( "0" | digits without a leading zero ) [ "L" ]   (L: Python 2)
//	string = quotes of either kind, without escapes
//
// with white space between any two tokens and around the whole. Each of the three keys must occur exactly once, in any
// order, and no other key may occur.
func parseHeader(text string) (header, error) {
	p := &literal{text: text}
	h, err := p.header()
	if err != nil {
		return header{}, err
	}
	h.count, err = elementCount(h.shape)
	return h, err
}

// literal is a cursor in the text of a Python literal.
type literal struct {
	text string
	pos  int
}

func (p *literal) header() (h header, err error) {
	if !p.accept('{') {
		return h, p.want("{")
	}
	seen := map[string]bool{}
	for !p.accept('}') {
		key, err := p.string()
		if err != nil {
			return h, err
		}
		if seen[key] {
			return h, fmt.Errorf("key %s is there twice", quote(key))
		}
		seen[key] = true
		if !p.accept(':') {
			return h, p.want(":")
		}
		if err := p.value(key, &h); err != nil {
			return h, err
		}
		if !p.accept(',') && p.peek() != '}' {
			return h, p.want(", or }")
		}
	}
	if p.peek(); p.pos < len(p.text) {
		return h, p.want("nothing after }")
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			return h, fmt.Errorf("key %q is missing", key)
		}
	}
	return h, nil
}

// value parses what follows a key into its field of h.
func (p *literal) value(key string, h *header) (err error) {
	switch key {
	case "descr":
		h.dtype, err = p.dtype()
	case "fortran_order":
		h.fortran, err = p.bool()
	case "shape":
		h.shape, err = p.shape()
	default:
		err = fmt.Errorf("key %s: want descr, fortran_order and shape", quote(key))
	}
	return err
}

func (p *literal) dtype() (dtype, error) {
	if c := p.peek(); c == '[' || c == '(' {
		return dtype{}, fmt.Errorf("structured dtype %s: want %s", quote(p.text[p.pos:]), wantDTypes)
	}
	descr, err := p.string()
	if err != nil {
		return dtype{}, err
	}
	return parseDType(descr)
}

func (p *literal) bool() (bool, error) {
	p.peek()
	for _, word := range []string{"True", "False"} {
		if strings.HasPrefix(p.text[p.pos:], word) {
			p.pos += len(word)
			return word == "True", nil
		}
	}
	return false, p.want("True or False")
}

func (p *literal) shape() ([]int, error) {
	if !p.accept('(') {
		return nil, p.want("a tuple such as (3,)")
	}
	shape := []int{}
	for !p.accept(')') {
		extent, err := p.int()
		if err != nil {
			return nil, err
		}
		if shape = append(shape, extent); len(shape) > maxDims {
			return nil, fmt.Errorf("a shape of more than %d dimensions", maxDims)
		}
		// (3) is a number in parentheses, not a tuple: a single extent needs a comma.
		if !p.accept(',') && (len(shape) == 1 || p.peek() != ')') {
			return nil, p.want("a comma")
		}
	}
	return shape, nil
}

func (p *literal) int() (int, error) {
	p.peek()
	start := p.pos
	if strings.HasPrefix(p.text[p.pos:], "-") {
		p.pos++
	}
	digits := p.pos
	for p.pos < len(p.text) && '0' <= p.text[p.pos] && p.text[p.pos] <= '9' {
		p.pos++
	}
	text := p.text[start:p.pos]
	switch {
	case p.pos == digits || p.pos > digits+1 && p.text[digits] == '0':
		p.pos = start
		return 0, p.want("an extent")
	case digits > start:
		return 0, fmt.Errorf("extent %s is negative", quote(text))
	}
	n, err := strconv.Atoi(text)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("extent %s is too large", quote(text))
	}
	if strings.HasPrefix(p.text[p.pos:], "L") {
		p.pos++
	}
	return n, err
}

func (p *literal) string() (string, error) {
	mark := p.peek()
	if mark != '\'' && mark != '"' {
		return "", p.want("a string in quotes")
	}
	rest := p.text[p.pos+1:]
	end := strings.IndexByte(rest, mark)
	if end < 0 || strings.ContainsAny(rest[:end], "\\\n") {
		return "", p.want("a string that ends on its line, without escapes")
	}
	p.pos += end + 2
	return rest[:end], nil
}

// accept skips white space. If c is next, it skips c, too, and reports true.
func (p *literal) accept(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.pos++
	return true
}

// peek skips white space and returns the next byte, or 0 at the end. (A byte of 0 in the text is not a token either, so
// that it need not be told from the end.)
func (p *literal) peek() byte {
	for p.pos < len(p.text) && strings.IndexByte(" \t\n\r\f", p.text[p.pos]) >= 0 {
		p.pos++
	}
	if p.pos == len(p.text) {
		return 0
	}
	return p.text[p.pos]
}

// want reports what should be at the cursor.
func (p *literal) want(token string) error {
	if p.pos == len(p.text) {
		return fmt.Errorf("it ends after byte %d: want %s", p.pos, token)
	}
	return fmt.Errorf("byte %d starts %s: want %s", p.pos, quote(p.text[p.pos:]), token)
}

// quote quotes text from a file. It cuts long texts.
func quote(text string) string {
	const most = 40
	if len(text) > most {
		return strconv.Quote(text[:most]) + "…"
	}
	return strconv.Quote(text)
}
