package isa

import (
	"bytes"
	"strings"
	"testing"
)

// What TestStages and drivers print, shortened: radeonsi of Mesa 26.2.6 for an RX 6800, and NAK of the same Mesa.
const (
	amdDump = `== device AMD Radeon RX 6800 (radeonsi, navi21, ACO), 4.6 (Core Profile) Mesa 26.2.6-1

== stage seed/direct_small/direct_small: 6 filters × 4×1 positions
Shader Stats: SGPRS: 108 VGPRS: 56 Code Size: 16412 LDS: 1024 Scratch: 0 Max Waves: 9 Spilled SGPRs: 343 Spilled VGPRs: 2 PrivMem VGPRs: 0 InlineUniforms: 1 (CS, W64)
SHADER KEY
  opt.prefer_mono = 0

Compute Shader:
Shader main disassembly:
 BB0:
	s_load_dwordx8 s[24:31], s[2:3], 0x200                      ; f40c0601 fa000200
	s_waitcnt lgkmcnt(0)                                        ; bf8cc07f
	v_lshl_add_u32 v0, s16, 6, v0                               ; d7460000 04010c10
	v_fma_f32 v1, v2, v3, v1                                    ; d54b0001 04060702
 BB1:
	buffer_load_dword v3, v4, s[8:11], 0 offen                  ; e0301000 80020304
	v_fmac_f32_e32 v5, s3, v3                                   ; 560a0603
	v_dual_fmac_f32 v6, s4, v3 :: v_dual_fmac_f32 v7, s5, v3    ; c8000000
	v_writelane_b32 v9, s7, 3                                   ; d7610009
	v_cndmask_b32_e32 v3, 0, v3, vcc                            ; 02060680
	v_mul_f32_e32 v8, s3, v3                                    ; 10100603
	ds_write_b32 v1, v3                                         ; d8340000
	s_add_u32 s0, s0, 4                                         ; 80008400
	s_load_dwordx2 s[8:9], s[2:3], 0x20                         ; f4040201
	s_waitcnt lgkmcnt(0)                                        ; bf8cc07f
	v_lshl_add_u32 v0, s16, 6, v0                               ; d7460000
 BB2:
	s_endpgm                                                    ; bf810000

== end

== stage K3/direct/direct: 8 filters × 4 positions

== end
Shader Stats: SGPRS: 108 VGPRS: 8 Code Size: 36 LDS: 0 Scratch: 0 Max Waves: 16 Spilled SGPRs: 0 Spilled VGPRs: 0
 BB0:
	s_endpgm                                                    ; bf810000
`
	nakDump = `== device zink Vulkan 1.4(NVK  (MESA_NVK)), 4.6 (Core Profile) Mesa 26.2.6-1

== stage seed/igemm/igemm: 8×4 filters × 8×8 positions, 8 deep
shared_size: 6144
NAK IR after legalize:
block.u 0 L1 [] -> {
      r1      = ffma r1 r2 r3                                 // delay=1
}
NAK IR after calc_instr_deps:
block.u 0 L1 [] -> {
      ur0     = s2r sr[0x25]                                  // delay=1 wr:0
      ur0     = iadd3 ur0 ur2 rZ                              // delay=3 wt=000101
      r2..4   = ld.global.a64.constant.b64 [rZ+ur0..2], pT    // delay=2 wt=000110 wr:1
block 1 L3 [0] -> {
      r11     = ffma.ftz r1 cx[ur2..4][0x60c] r12             // delay=1
      r12     = ffma.ftz r1 cx[ur2..4][0x610] r13             // delay=1
      p0      = isetp.ge.u32 r1 r2                            // delay=1
      r1      = sel p0 r6 r1                                  // delay=3
      r4      = imad r2 r4 rZ                                 // delay=4 wt=000010
      ur0     = s2r sr[0x25]                                  // delay=1 wr:0
      ur0     = iadd3 ur0 ur2 rZ                              // delay=3 wt=000101
      r2..4   = ld.global.a64.constant.b64 [rZ+ur0..2], pT    // delay=2 wt=000110 wr:1
@!p2            bra pT L10                                    // delay=1
}
Stage: compute
Instruction count: 9
Max warps/SM: 20
Spills to mem: 3
Spills to reg: 60
Num GPRs: 88
SLM size: 12
Encoded shader:
  00007941 00000000 03800000 000fe200

== end
`
)

// TestRead: a compiler prints several forms of a program. Figures and instructions are those of the last one, and Main
// is the block with the most multiply-adds. A stage about which a driver prints nothing is left out, and so is what a
// driver prints between stages, about programs of its own.
func TestRead(t *testing.T) {
	for dump, want := range map[string]Stage{
		amdDump: {"seed/direct_small/direct_small", "6 filters × 4×1 positions", Figures{
			Registers: 56, Scalars: 108, Spills: 345, Shared: 1024, Waves: 9,
			Main: Mix{FMA: 3, Move: 1, Select: 1, Float: 1, Shared: 1, Memory: 1, Scalar: 1, Constant: 1, Flow: 1,
				Integer: 1},
			Length: 17,
		}},
		nakDump: {"seed/igemm/igemm", "8×4 filters × 8×8 positions, 8 deep", Figures{
			Registers: 88, Spills: 3, Scratch: 12, Shared: 6144, Waves: 20,
			Main:   Mix{FMA: 2, Select: 2, Integer: 1, Flow: 1, Scalar: 2, Memory: 1},
			Length: 12,
		}},
	} {
		device, stages, err := Read(strings.NewReader(dump))
		if err != nil || len(stages) != 1 || !strings.HasSuffix(device, "Mesa 26.2.6-1") {
			t.Fatalf("%d stages on %q, %v: want 1", len(stages), device, err)
		}
		if stages[0] != want {
			t.Errorf("%v: %+v, want %v: %+v", stages[0], stages[0].Figures, want, want.Figures)
		}
	}
	if share := (Mix{FMA: 3, Move: 1, Select: 1, Float: 1, Memory: 9}).Share(); share != 50 {
		t.Errorf("a share of %d %%, want 50", share)
	}
}

// TestReadPart: it is an error, not zeros, if one of the statistics or the program is missing.
func TestReadPart(t *testing.T) {
	amdProgram := amdDump[strings.Index(amdDump, " BB0:"):strings.Index(amdDump, "== end")]
	nakProgram := nakDump[strings.Index(nakDump, "NAK IR"):strings.Index(nakDump, "Stage: ")]
	for _, c := range []struct{ dump, part string }{
		{amdDump, "Max Waves: 9 "}, {amdDump, amdProgram}, {nakDump, "Max warps/SM: 20\n"}, {nakDump, nakProgram},
	} {
		if _, stages, err := Read(strings.NewReader(strings.Replace(c.dump, c.part, "", 1))); err == nil {
			t.Errorf("without %q: %v", c.part, stages)
		}
	}
}

// TestBudgets: of the lines of a figure that match, the last counts, and a figure outside its budget is listed with the
// difference.
func TestBudgets(t *testing.T) {
	budgets, err := ReadBudgets(strings.NewReader(`
*/*/*/* spills <= 0 # comment
*/*/*/igemm registers <= 128
*/seed/direct_small/* fma >= 75
navi21/energy,-mean/*/* spills <= 5
`))
	if err != nil {
		t.Fatal(err)
	}
	const below = "fma 74, 1 below the budget of 75"
	for _, c := range []struct {
		chip, name string
		figures    Figures
		want       string
	}{
		{"navi21", "seed/igemm/igemm", Figures{Registers: 128}, ""},
		{"navi21", "seed/igemm/igemm", Figures{Registers: 130, Spills: 1},
			"spills 1, 1 above the budget of 0; registers 130, 2 above the budget of 128"},
		{"navi21", "seed/direct_small/direct_small", Figures{Registers: 300, Main: Mix{FMA: 74, Move: 26}}, below},
		{"navi21", "seed/direct_small/direct_small, with a mutant", Figures{Main: Mix{FMA: 74, Move: 26}}, below},
		{"navi21", "energy, mean/direct/direct", Figures{Spills: 5}, ""},
		{"vega10", "energy, mean/direct/direct", Figures{Spills: 5}, "spills 5, 5 above the budget of 0"},
	} {
		over := Over(budgets, c.chip, Stage{Name: c.name, Figures: c.figures})
		if got := strings.Join(over, "; "); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.chip, c.name, got, c.want)
		}
	}
	for _, line := range []string{"a spills 0", "a spills < 0", "a blood <= 0", "[ spills <= 0", "a spills <= many"} {
		_, err := ReadBudgets(strings.NewReader("# first\n" + line))
		if err == nil || !strings.HasPrefix(err.Error(), "line 2: ") {
			t.Errorf("%q: %v", line, err)
		}
	}
	readBudgetsFile(t)
}

// TestWriteTable: a line of names, then one for each stage.
func TestWriteTable(t *testing.T) {
	var b bytes.Buffer
	s := Stage{"seed/igemm/igemm", "8 deep", Figures{Registers: 1, Scalars: 2, Spills: 3, Scratch: 4, Shared: 5,
		Waves: 6, Length: 8, Main: Mix{FMA: 3, Integer: 1}}}
	if err := WriteTable(&b, []Stage{s}); err != nil {
		t.Fatal(err)
	}
	if read, err := ReadTable(bytes.NewReader(b.Bytes())); err != nil || len(read) != 1 || read[0] != s {
		t.Errorf("%+v, %v: want %+v", read, err, s)
	}
	lines := strings.Split(b.String(), "\n")
	const want = "seed/igemm/igemm\t8 deep\t1\t2\t3\t4\t5\t6\t75\t8\t3\t0\t1\t0\t0\t0\t0\t0\t0\t0"
	if len(lines) != 3 || lines[1] != want || strings.Count(lines[0], "\t") != strings.Count(want, "\t") {
		t.Errorf("%q", lines)
	}
}

// TestReadTable: a damaged table is refused, and the error names the line.
func TestReadTable(t *testing.T) {
	var b bytes.Buffer
	s := Stage{"seed/igemm/igemm", "8 deep", Figures{Length: 8, Main: Mix{FMA: 3, Integer: 1}}}
	if err := WriteTable(&b, []Stage{s}); err != nil {
		t.Fatal(err)
	}
	intact := b.String()
	for _, c := range []struct{ old, new, want string }{
		{"registers", "threads", "line 1: "}, {"8 deep\t0", "8 deep", "line 2: 19 cells"},
		{"75\t8", "75\teight", "line 2: strconv"}, {"75\t8", "74\t8", "line 2: seed/igemm/igemm: FMA 74 %"},
		{"75\t8", "75\t3", "and at least 4"},
	} {
		_, err := ReadTable(strings.NewReader(strings.Replace(intact, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s instead of %s: %v, want %s", c.new, c.old, err, c.want)
		}
	}
	if _, _, err := Counted("s3"); err == nil || err.Error() != "no figures of s3" {
		t.Error(err)
	}
}
