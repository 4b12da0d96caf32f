package recipe

import (
	"math"
	"strings"
	"testing"

	"gpuconv/conv"
)

// TestGratings: which devices make which images, and in how many work-groups.
func TestGratings(t *testing.T) {
	seed := conv.Problem{Src: conv.Shape{20, 1, 48, 64}, Weight: conv.Shape{6, 1, 7, 7}}
	deep := conv.Problem{Src: conv.Shape{20, 3, 48, 64}, Weight: conv.Shape{6, 3, 7, 7}}
	wide := conv.Problem{Src: conv.Shape{20, 1, 1, 1 << 20}, Weight: conv.Shape{1, 1, 1, 1}}
	limits := driverLimits["zink on NVK"].limits
	for _, c := range []struct {
		p      conv.Problem
		class  Class
		change func(d *Profile)
		want   string
	}{
		{seed, NVIDIA, nil, ""},
		{seed, AMD, nil, ""},
		{seed, Intel, nil, ""},
		{seed, Other, nil, ""},
		{seed, Software, nil, "a software renderer does not draw faster"},
		{deep, NVIDIA, nil, "images of 3 channels, gratings have one"},
		{seed, NVIDIA, func(d *Profile) { d.Band = 10 }, "the images are cut into bands"},
		{seed, NVIDIA, func(d *Profile) { d.WorkGroupSize[0] = 7 }, ""},
		// A row of 2²⁰ pixels fills the buffer, and has one angle more.
		{wide, NVIDIA, func(d *Profile) { d.StorageBlock = 4 << 20 }, "the angles of 1 images of [1 1 1 1048576]"},
	} {
		device := NewProfile(c.class, limits, true, false)
		if c.change != nil {
			c.change(&device)
		}
		b, err := Draw(c.p, device, "direct")
		if err != nil {
			t.Fatal(err)
		}
		if c.want != "" {
			if b.NoGratings == nil || !strings.Contains(b.NoGratings.Error(), c.want) {
				t.Errorf("%v, class %v: %v, want %q", c.p.Src, c.class, b.NoGratings, c.want)
			}
			continue
		}
		if b.NoGratings != nil {
			t.Errorf("%v, class %v: %v", c.p.Src, c.class, b.NoGratings)
			continue
		}
		local := b.Gratings.Program.Constants.(gratingsConstants).localSize
		for _, images := range []int{1, b.Description.Chunk} {
			work := b.Gratings.Passes(images)[0]
			groups, pixels := work.Groups[0]*work.Groups[1], images*48*64
			if least := (pixels + local - 1) / local; groups < least || groups > least+work.Groups[1] {
				t.Errorf("class %v, %d images: %v work-groups of %d, want %d", c.class, images, work.Groups, local,
					least)
			}
		}
	}
}

// TestGratingsUnits: a device that dispatches fewer pixels than a chunk has draws none.
func TestGratingsUnits(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{20, 1, 48, 64}, Weight: conv.Shape{6, 1, 7, 7}}
	device := NewProfile(NVIDIA, driverLimits["zink on NVK"].limits, true, false)
	b, err := Draw(p, device, "direct")
	if err != nil {
		t.Fatal(err)
	}
	device.WorkGroups = [3]int{b.Description.Chunk*48*64/gratingsLocalSize - 1, 1, math.MaxInt32}
	if _, err := b.gratings(device); err == nil || !strings.Contains(err.Error(), "images of [1 1 48 64] at once") {
		t.Errorf("%v: want an error", err)
	}
	device.WorkGroups[0]++
	if _, err := b.gratings(device); err != nil {
		t.Error(err)
	}
}
