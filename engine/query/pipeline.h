// (sketch for the first hour: whoever builds the pipeline completes this header)
// The life of a query, see ../shared/DESIGN.md "The life of a query".

#pragma once

#include "engine/query/ports.h"

namespace dotring::query {

class Pipeline;  // void handle(ReplyPort& port, const ClientQuery& query);

}  // namespace dotring::query
