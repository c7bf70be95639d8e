// SPDX-License-Identifier: Apache-2.0
// What the formats' files give to the table of sink.cpp.
#pragma once

#include <memory>
#include <string>

#include "trace/sink.h"

namespace blendsim {

std::unique_ptr<Sink> open_perfetto(const std::string& file, const TraceSubject& subject, const TraceOptions& options);
std::unique_ptr<Sink> open_fst(const std::string& file, const TraceSubject& subject, const TraceOptions& options);
std::unique_ptr<Sink> open_vcd(const std::string& file, const TraceSubject& subject, const TraceOptions& options);
std::unique_ptr<Sink> open_sqlite(const std::string& file, const TraceSubject& subject, const TraceOptions& options);
std::unique_ptr<Sink> open_npy(const std::string& file, const TraceSubject& subject, const TraceOptions& options);

}  // namespace blendsim
