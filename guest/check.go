package guest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gpuconv/fault"
)

// comment is a comment of GLSL.
var comment = regexp.MustCompile(`(?s)//[^\n]*|/\*.*?\*/`)

// Check refuses values in the interface that the shader cannot take, and that OpenGL would ignore. For GLSL these are
// uniforms that its text does not have, arrays of uniforms, uniforms in a block, and constants. For SPIR-V they are
// defines.
func (s Shader) Check() error {
	i := s.Interface
	switch {
	case s.binary() && len(i.defines) > 0:
		return fault.New("guest", "defines."+i.defines[0].name, "", "the shader is SPIR-V, want [constants]")
	case s.binary():
		return nil
	case len(i.constants) > 0:
		return fault.New("guest", "constants."+i.constants[0].name, "", "the shader is GLSL, want [defines]")
	}
	text := comment.ReplaceAllString(string(s.Text), " ")
	for _, u := range i.uniforms {
		if _, err := strconv.Atoi(u.name); err == nil {
			continue // a location
		}
		if err := u.in(text, s.Name); err != nil {
			return err
		}
	}
	return nil
}

// in refuses a uniform that is not in the text of a shader, that is an array, or that is in a block.
func (u valueOf) in(text, shader string) error {
	argument := "uniforms." + u.name
	words := strings.FieldsFunc(u.name, func(r rune) bool { return strings.ContainsRune(".[]", r) })
	absent := func(word string) bool {
		return !regexp.MustCompile(`\b` + regexp.QuoteMeta(word) + `\b`).MatchString(text)
	}
	name := `\b` + regexp.QuoteMeta(u.name)
	switch {
	case slices.ContainsFunc(words, absent):
		return fault.New("guest", argument, "", "%s has no such name", shader)
	case regexp.MustCompile(`\buniform\b[^;{]*` + name + `\s*\[`).MatchString(text):
		return fault.New("guest", argument, "", "it is an array in %s, want a vector or several uniforms", shader)
	case regexp.MustCompile(`\buniform\s+\w+\s*\{[^}]*` + name + `\b`).MatchString(text):
		return fault.New("guest", argument, "", "it is in a block in %s, want it outside of blocks", shader)
	}
	return nil
}
