package main

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"time"

	"gpuconv/guest"
	"gpuconv/internal/input"
	"gpuconv/verify"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// guestFlags choose a backend of the user: a compute shader with its interface, or a program.
type guestFlags struct {
	shader, described, program string
	example                    bool
	limit                      time.Duration
}

// registerShader defines the flags of a shader.
func (f *guestFlags) registerShader(flags *pflag.FlagSet, verb string) {
	fileFlag(flags, &f.shader, "shader", verb+" your own compute shader, GLSL or SPIR-V")
	fileFlag(flags, &f.described, "interface", "the TOML file that says how --shader is called")
}

func (f *guestFlags) register(flags *pflag.FlagSet) {
	f.registerShader(flags, "verify")
	flags.BoolVar(&f.example, "print-interface", false, "print an interface file with comments, and verify nothing")
	flags.StringVar(&f.program, "program", "", "verify a program that convolves files: "+
		"'./mine {input} {weight} {output} {stride}', see docs/your-shader.md")
	flags.DurationVar(&f.limit, "case-limit", 30*time.Second, "how long --shader or --program may take for one run")
}

// given reports whether something of the user's is verified in place of gpuconv's own backends.
func (f *guestFlags) given() bool { return f.shader != "" || f.program != "" }

// choosing are the flags that choose among gpuconv's own backends.
var choosing = []string{"backend", "algorithm", "tiles", "precision"}

// validate refuses flags that make no sense together.
func (f *guestFlags) validate(cmd *cobra.Command) error {
	if err := f.validateShader(); err != nil {
		return err
	}
	switch {
	case f.shader != "" && f.program != "":
		return refused("program", f.program, errors.New("want it without --shader"))
	case f.program != "" && (cmd.Flags().Changed("device") || cmd.Flags().Changed("context")):
		return refused("program", f.program, errors.New("want neither --device nor --context with it: they open a GPU"))
	case f.limit <= 0:
		return refused("case-limit", f.limit.String(), errors.New("want more than 0s"))
	}
	for _, name := range choosing {
		if f.given() && cmd.Flags().Changed(name) {
			return refused(name, cmd.Flags().Lookup(name).Value.String(),
				errors.New("want it without --shader and --program: it chooses among gpuconv's own"))
		}
	}
	return nil
}

// validateShader refuses a shader without an interface, and an interface without a shader.
func (f *guestFlags) validateShader() error {
	switch {
	case f.shader != "" && f.described == "":
		return refused("shader", f.shader, errors.New("want --interface with it, as gpuconv verify --print-interface "+
			"prints"))
	case f.shader == "" && f.described != "":
		return refused("interface", f.described, errors.New("want --shader with it"))
	}
	return nil
}

// readShader reads the shader and its interface. text is the text of the interface.
func (f *guestFlags) readShader(ctx context.Context) (s guest.Shader, text string, err error) {
	s.Name = filepath.Base(f.shader)
	if s.Text, err = input.ReadFile(ctx, input.Shader, f.shader); err != nil {
		return s, "", refused("shader", f.shader, err)
	}
	content, err := input.ReadFile(ctx, input.Interface, f.described)
	if err == nil {
		s.Interface, err = guest.ParseInterface(string(content))
	}
	if err == nil {
		err = s.Check()
	}
	return s, string(content), refused("interface", f.described, err)
}

// openGuest opens what the user wrote as the only subject.
func (f *verifyFlags) openGuest(ctx context.Context, v *verified) error {
	if f.guest.program != "" {
		p, err := guest.ParseProgram(f.guest.program, f.guest.limit)
		if err != nil {
			return refused("program", f.guest.program, err)
		}
		v.subjects = []verify.Subject{{Backend: p, Name: "program", Algorithm: filepath.Base(p.Words[0]), Fast: true}}
		return nil
	}
	shader, text, err := f.guest.readShader(ctx)
	if err != nil {
		return err
	}
	b := backendFlags{backend: "gpu", deviceFlags: f.deviceFlags}
	options, err := b.options()
	if err != nil {
		return err
	}
	reached, err := b.reach(ctx, options)
	if err != nil {
		return err
	}
	s := verify.Subject{Name: "shader", Algorithm: shader.Name, Fast: true}
	for i := range min(runtime.GOMAXPROCS(0), mostTwins) {
		opened, err := guest.Start(ctx, shader, text, guest.Options{Device: reached.options, Limit: f.guest.limit})
		if err != nil {
			return b.unopened(err)
		}
		v.guests = append(v.guests, opened.Close)
		if i > 0 {
			s.Twins = append(s.Twins, opened)
			continue
		}
		s.Backend, s.Device, s.Driver = opened, opened.Info().String(), opened.Info().Version
	}
	v.subjects = []verify.Subject{s}
	return nil
}
