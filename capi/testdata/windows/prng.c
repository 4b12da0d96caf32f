/* bcryptprimitives.dll for versions of Wine that lack it: the function that Go's runtime takes random numbers from. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(void *, ULONG);

__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *to, SIZE_T size) { return SystemFunction036(to, (ULONG)size); }
