package recipe

import (
	"errors"
	"math"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
)

// TestMeasureTable: the steps of the table visit each output of a part once, by the lane that measure.comp says.
func TestMeasureTable(t *testing.T) {
	const rows, columns = 23, 17
	for _, m := range []conv.Measure{{Bottom: rows, Right: columns}, {Top: 3, Bottom: 4, Left: 5, Right: 6},
		{Top: 2, Bottom: 23, Left: 1, Right: 16}, {Top: 7, Bottom: 23, Left: 4, Right: 7},
		{Top: 1, Bottom: 9, Right: 17}} {
		row := measureRow(m, columns, 4)
		seen := map[int]int{}
		for lane := range conv.MeasureLanes {
			width := int(row[1])
			column := lane % width
			at := int(row[0]) + lane/width*columns + column
			for i := lane; i < int(row[2]); i += conv.MeasureLanes {
				seen[at]++
				at, column = at+int(row[3]), column+int(row[4])
				if column >= width {
					column -= width
					at += columns - width
				}
			}
		}
		for at := range rows * columns {
			y, x := at/columns, at%columns
			want := 0
			if y >= m.Top && y < m.Bottom && x >= m.Left && x < m.Right {
				want = 1
			}
			if seen[at] != want {
				t.Fatalf("%+v: output %d, %d is seen %d times, want %d", m, y, x, seen[at], want)
			}
		}
	}
}

// TestMeasuresOfDrivers: measures of a chunk stay within the work-groups and buffers of each driver, also a thousand of
// each map, and single outputs too.
func TestMeasuresOfDrivers(t *testing.T) {
	for name, c := range driverLimits {
		drawn := 0
		for _, p := range problems.Staged() {
			p.Src[0] = 1 << 20
			b, err := Draw(p.Problem, NewProfile(c.class, c.limits, true, false), "")
			if err != nil {
				t.Fatal(err)
			}
			maps, _ := p.Dst()
			for _, count := range []int{1, 1000} {
				measures := make([]conv.Measure, count)
				for i := range measures {
					measures[i] = conv.Measure{Kind: conv.MeasureKind(i % 3), Bottom: maps.H(), Right: maps.W()}
				}
				m, err := DrawMeasuring(b, measures)
				if err != nil {
					t.Fatalf("%s, %s: %v", name, p.Name, err)
				}
				drawn++
				if m.Pieces < 1 || m.Pieces > b.Description.Chunk || 4*m.Pieces*m.Numbers > c.limits.StorageBlock {
					t.Errorf("%s, %s: %d images at once, of %d numbers", name, p.Name, m.Pieces, m.Numbers)
				}
				for _, s := range m.Stages {
					for _, work := range s.Passes(m.Pieces) {
						if !within(work, c.limits) || work.Groups[0]*work.Groups[1] < m.Pieces*maps.C() {
							t.Errorf("%s, %s: %+v", name, p.Name, work)
						}
					}
				}
				if work := m.Picks(5, m.Pieces*m.Image()); !within(work, c.limits) {
					t.Errorf("%s, %s: %+v", name, p.Name, work)
				}
			}
		}
		if drawn < 20 {
			t.Errorf("%s: %d", name, drawn)
		}
	}
}

// TestMeasuresRefused: a device that cannot run the work-groups, or ends the loops, is said so.
func TestMeasuresRefused(t *testing.T) {
	limits := driverLimits["nvc0, NV134"].limits
	narrow, looping := NewProfile(NVIDIA, limits, true, false), NewProfile(NVIDIA, limits, true, false)
	narrow.WorkGroupInvocations, looping.LoopIterations = 32, 60
	for _, device := range []Profile{narrow, looping} {
		b, err := Draw(problems.Seed(2), device, "direct")
		if err != nil {
			t.Fatal(err)
		}
		_, err = DrawMeasuring(b, []conv.Measure{{Bottom: 48, Right: 64}})
		if !errors.Is(err, conv.ErrUnsupported) {
			t.Errorf("%d invocations, %d iterations: %v", device.WorkGroupInvocations, device.LoopIterations, err)
		}
	}
	if got := conv.MeasureTerms(math.MaxInt32); got < math.MaxInt32/conv.MeasureLanes {
		t.Errorf("%d terms", got)
	}
}
