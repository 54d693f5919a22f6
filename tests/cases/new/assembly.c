// new: pause
// marks: unsupported, unsupported

void pause(struct cpu *cpu)
{
	asm volatile("pause { " : : "r" (cpu) : "memory");
	cpu->idle = ({ int x = 1; x; });
	barrier();
}
