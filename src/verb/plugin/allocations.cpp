// SPDX-License-Identifier: Apache-2.0
#include "verb/plugin/allocations.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <new>
#include <string_view>

namespace busmark {
namespace {

std::atomic<std::uint64_t> allocations_asked{0};

/// One function that gives memory, with the real one behind it.
template <int kWhich, typename Result, typename... Arguments>
struct CountedCall {
  static inline Result (*real)(Arguments...) = nullptr;
  static Result call(Arguments... arguments) {
    allocations_asked.fetch_add(1, std::memory_order_relaxed);
    return real(arguments...);
  }
};

struct Replaced {
  const char* name;
  void* with;
  void** real;
};

template <int kWhich, typename Result, typename... Arguments>
Replaced replaced(const char* name, Result (* /*type*/)(Arguments...)) {
  using One = CountedCall<kWhich, Result, Arguments...>;
  return {name, reinterpret_cast<void*>(&One::call), reinterpret_cast<void**>(&One::real)};
}

const std::array kReplaced{
    replaced<0>("malloc", static_cast<void* (*)(std::size_t)>(nullptr)),
    replaced<1>("calloc", static_cast<void* (*)(std::size_t, std::size_t)>(nullptr)),
    replaced<2>("realloc", static_cast<void* (*)(void*, std::size_t)>(nullptr)),
    replaced<3>("aligned_alloc", static_cast<void* (*)(std::size_t, std::size_t)>(nullptr)),
    replaced<4>("memalign", static_cast<void* (*)(std::size_t, std::size_t)>(nullptr)),
    replaced<5>("posix_memalign", static_cast<int (*)(void**, std::size_t, std::size_t)>(nullptr)),
    replaced<6>("_Znwm", static_cast<void* (*)(std::size_t)>(nullptr)),
    replaced<7>("_Znam", static_cast<void* (*)(std::size_t)>(nullptr)),
    replaced<8>("_ZnwmSt11align_val_t",
                static_cast<void* (*)(std::size_t, std::align_val_t)>(nullptr)),
    replaced<9>("_ZnamSt11align_val_t",
                static_cast<void* (*)(std::size_t, std::align_val_t)>(nullptr)),
    replaced<10>("_ZnwmRKSt9nothrow_t",
                 static_cast<void* (*)(std::size_t, const std::nothrow_t&)>(nullptr)),
    replaced<11>("_ZnamRKSt9nothrow_t",
                 static_cast<void* (*)(std::size_t, const std::nothrow_t&)>(nullptr)),
};

#if defined(__x86_64__)
constexpr bool is_slot(ElfW(Xword) type) {
  return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT;
}
constexpr bool kKnown = true;
#elif defined(__aarch64__)
constexpr bool is_slot(ElfW(Xword) type) {
  return type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT;
}
constexpr bool kKnown = true;
#else
constexpr bool is_slot(ElfW(Xword) /*type*/) { return false; }
constexpr bool kKnown = false;
#endif

/// The tables of one library that the dynamic linker goes by.
struct ElfTables {
  const ElfW(Sym) * symbols = nullptr;
  const char* strings = nullptr;
  std::array<std::pair<const ElfW(Rela)*, std::size_t>, 2> relocations{};  // with bytes
};

ElfTables tables_of(const dl_phdr_info& library) {
  ElfTables tables;
  for (int i = 0; i < library.dlpi_phnum; ++i) {
    if (library.dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
    const auto* entry =
        reinterpret_cast<const ElfW(Dyn)*>(library.dlpi_addr + library.dlpi_phdr[i].p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry) {
      const auto address = entry->d_un.d_ptr;
      switch (entry->d_tag) {
        case DT_SYMTAB: tables.symbols = reinterpret_cast<const ElfW(Sym)*>(address); break;
        case DT_STRTAB: tables.strings = reinterpret_cast<const char*>(address); break;
        case DT_JMPREL:
          tables.relocations[0].first = reinterpret_cast<const ElfW(Rela)*>(address);
          break;
        case DT_PLTRELSZ: tables.relocations[0].second = entry->d_un.d_val; break;
        case DT_RELA:
          tables.relocations[1].first = reinterpret_cast<const ElfW(Rela)*>(address);
          break;
        case DT_RELASZ: tables.relocations[1].second = entry->d_un.d_val; break;
        default: break;
      }
    }
  }
  return tables;
}

/// The linker protects what it has filled in (RELRO).
void write_slot(void** slot, void* value) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<std::uintptr_t>(slot) & ~(page - 1);
  if (mprotect(reinterpret_cast<void*>(start), page, PROT_READ | PROT_WRITE) == 0) *slot = value;
}

int redirect(dl_phdr_info* library, std::size_t /*size*/, void* /*unused*/) {
  // The program itself has no name; the allocator and the linker call each other on purpose.
  const std::string_view name = library->dlpi_name;
  for (const char* kept : {"libmimalloc", "/libc.so", "/ld-linux", "linux-vdso"}) {
    if (name.find(kept) != std::string_view::npos) return 0;
  }
  if (name.empty()) return 0;
  const ElfTables tables = tables_of(*library);
  if (tables.symbols == nullptr || tables.strings == nullptr) return 0;
  for (const auto& [first, bytes] : tables.relocations) {
    for (std::size_t i = 0; first != nullptr && i < bytes / sizeof *first; ++i) {
      const ElfW(Rela)& relocation = first[i];
      if (!is_slot(ELF64_R_TYPE(relocation.r_info))) continue;
      const char* symbol = tables.strings + tables.symbols[ELF64_R_SYM(relocation.r_info)].st_name;
      for (const Replaced& one : kReplaced) {
        if (std::string_view(symbol) != one.name || *one.real == nullptr) continue;
        write_slot(reinterpret_cast<void**>(library->dlpi_addr + relocation.r_offset), one.with);
      }
    }
  }
  return 0;
}

}  // namespace

bool count_allocations() {
  if (!kKnown) return false;
  for (const Replaced& one : kReplaced) *one.real = dlsym(RTLD_DEFAULT, one.name);
  dl_iterate_phdr(redirect, nullptr);
  return true;
}

std::uint64_t allocations_so_far() noexcept {
  return allocations_asked.load(std::memory_order_relaxed);
}

}  // namespace busmark
