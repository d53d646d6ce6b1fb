// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace busmark {

/// From the first call on, what the libraries of this process ask malloc and its like for is
/// counted; what this program itself asks for is not. It goes by the addresses that the dynamic
/// linker has filled in (ELF: relocations JUMP_SLOT and GLOB_DAT), so memory that a library takes
/// from an allocator linked into it, or from the kernel, is not seen. For a process of its own: it
/// cannot be undone. False where this machine's format is not known.
[[nodiscard]] bool count_allocations();

/// So many so far, of all threads.
[[nodiscard]] std::uint64_t allocations_so_far() noexcept;

}  // namespace busmark
