//go:build cgo && !nogl

package gpu

import (
	"gpuconv/fault"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// look reads what the device needs to know about its context, which must be current.
func (d *Device) look(c candidate) {
	d.seam = openGL()
	d.info = readInfo(c)
	d.profile = readProfile(c, d.info)
	d.info.Class, d.info.Tiles = d.profile.Class.String(), d.options.Tiles
	if class, err := recipe.ParseClass(d.info.Tiles); err == nil {
		d.profile = d.profile.As(class)
	}
	d.info.Limits, d.info.LoopIterations = d.profile.Limits, d.profile.LoopIterations
	d.profile.Precision = d.options.Precision
	if most := d.options.Unrolled; most > 0 && d.profile.Class == recipe.Software {
		d.profile.Unrolled, d.profile.Even = most, true
	}
	d.binaries = newBinaries(d.options.Programs, d.info)
}

func readInfo(c candidate) Info {
	i := Info{Name: c.name, Index: c.index, Vendor: named(gl.VENDOR), Renderer: named(gl.RENDERER),
		Version: named(gl.VERSION)}
	i.Software = recipe.DeviceClass(i.Vendor, i.Renderer, c.software) == recipe.Software
	return i
}

// named returns one of the driver's names, such as GL_RENDERER, with control characters escaped.
func named(what uint32) string { return fault.Line(gl.GoStr(gl.GetString(what))) }

// readProfile returns what plans need to know about the device.
func readProfile(c candidate, info Info) recipe.Profile {
	class := recipe.DeviceClass(info.Vendor, info.Renderer, c.software)
	d := recipe.NewProfile(class, readLimits(), canMap(), hasExtension("GL_AMD_pinned_memory"))
	d.ByRow = class == recipe.Software && recipe.Fuses(info.Renderer, info.Version)
	return d
}

func readLimits() recipe.Limits {
	l := recipe.Limits{
		StorageBlock:         getInt(gl.MAX_SHADER_STORAGE_BLOCK_SIZE),
		UniformBlock:         getInt(gl.MAX_UNIFORM_BLOCK_SIZE),
		UniformAlignment:     getInt(gl.UNIFORM_BUFFER_OFFSET_ALIGNMENT),
		TextureBuffer:        getInt(gl.MAX_TEXTURE_BUFFER_SIZE),
		SharedMemory:         getInt(gl.MAX_COMPUTE_SHARED_MEMORY_SIZE),
		WorkGroupInvocations: getInt(gl.MAX_COMPUTE_WORK_GROUP_INVOCATIONS),
	}
	for axis := range 3 {
		l.WorkGroups[axis] = getIndexed(gl.MAX_COMPUTE_WORK_GROUP_COUNT, axis)
		l.WorkGroupSize[axis] = getIndexed(gl.MAX_COMPUTE_WORK_GROUP_SIZE, axis)
	}
	return l
}

// canMap reports whether buffers may stay mapped while the device uses them.
func canMap() bool {
	major, minor := getInt(gl.MAJOR_VERSION), getInt(gl.MINOR_VERSION)
	return major > 4 || major == 4 && minor >= 4 || hasExtension("GL_ARB_buffer_storage")
}

func getInt(name uint32) int {
	var value int64
	gl.GetInteger64v(name, &value)
	return int(min(value, 1<<62))
}

func getIndexed(name uint32, index int) int {
	var value int32
	gl.GetIntegeri_v(name, uint32(index), &value)
	return int(value)
}

func hasExtension(name string) bool {
	for i := range getInt(gl.NUM_EXTENSIONS) {
		if gl.GoStr(gl.GetStringi(gl.EXTENSIONS, uint32(i))) == name {
			return true
		}
	}
	return false
}
