// Checked views of messages: a client's query, an upstream's answer, and the walk over an answer's
// TTLs.

#pragma once

#include "engine/dns/answer_view.h"
#include "engine/dns/query_view.h"
#include "engine/dns/record.h"
