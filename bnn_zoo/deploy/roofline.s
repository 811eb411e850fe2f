# The loops of roofline.py: XOR, popcount and add over registers, as a binary convolution without memory would run.
# Assembled with GNU as; the bytes stand in roofline.py. rdi: how many rounds; System V calling convention.
.intel_syntax noprefix
.globl avx512
avx512:
  # rdi = iterations
  vpternlogd zmm0,zmm0,zmm0,0xff
  vpxord zmm1,zmm1,zmm1
  vpxord zmm8,zmm8,zmm8
  vpxord zmm9,zmm9,zmm9
  vpxord zmm10,zmm10,zmm10
  vpxord zmm11,zmm11,zmm11
  vpxord zmm12,zmm12,zmm12
  vpxord zmm13,zmm13,zmm13
  vpxord zmm14,zmm14,zmm14
  vpxord zmm15,zmm15,zmm15
1:
  vpxord zmm16,zmm0,zmm1
  vpopcntd zmm16,zmm16
  vpaddd zmm8,zmm8,zmm16
  vpxord zmm17,zmm0,zmm1
  vpopcntd zmm17,zmm17
  vpaddd zmm9,zmm9,zmm17
  vpxord zmm18,zmm0,zmm1
  vpopcntd zmm18,zmm18
  vpaddd zmm10,zmm10,zmm18
  vpxord zmm19,zmm0,zmm1
  vpopcntd zmm19,zmm19
  vpaddd zmm11,zmm11,zmm19
  vpxord zmm20,zmm0,zmm1
  vpopcntd zmm20,zmm20
  vpaddd zmm12,zmm12,zmm20
  vpxord zmm21,zmm0,zmm1
  vpopcntd zmm21,zmm21
  vpaddd zmm13,zmm13,zmm21
  vpxord zmm22,zmm0,zmm1
  vpopcntd zmm22,zmm22
  vpaddd zmm14,zmm14,zmm22
  vpxord zmm23,zmm0,zmm1
  vpopcntd zmm23,zmm23
  vpaddd zmm15,zmm15,zmm23
  dec rdi
  jnz 1b
  vzeroupper
  ret
.globl avx2
avx2:
  # rdi = iterations, rsi = 64 bytes: nibble table (32), mask (32)
  vmovdqu ymm14,[rsi]
  vmovdqu ymm15,[rsi+32]
  vpcmpeqd ymm0,ymm0,ymm0
  vpxor ymm1,ymm1,ymm1
  vpxor ymm8,ymm8,ymm8
  vpxor ymm9,ymm9,ymm9
  vpxor ymm10,ymm10,ymm10
  vpxor ymm11,ymm11,ymm11
2:
.macro step acc, a, b
  vpxor \a,ymm0,ymm1
  vpand \b,\a,ymm15
  vpsrld \a,\a,4
  vpand \a,\a,ymm15
  vpshufb \b,ymm14,\b
  vpshufb \a,ymm14,\a
  vpaddb \a,\a,\b
  vpaddb \acc,\acc,\a
.endm
  step ymm8, ymm2, ymm3
  step ymm9, ymm4, ymm5
  step ymm10, ymm6, ymm7
  step ymm11, ymm12, ymm13
  dec rdi
  jnz 2b
  vzeroupper
  ret
.globl scalar
scalar:
  xor eax,eax
3:
.rept 8
  mov rcx,rsi
  xor rcx,rdx
  popcnt rcx,rcx
  add rax,rcx
.endr
  dec rdi
  jnz 3b
  ret
