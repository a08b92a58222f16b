-- What a job may be called, and say of itself: slurmctld asks here for each job that comes in or is changed.
--
-- PBS commands read `scontrol show job -o`: a line a job, of "Key=value" between blanks. Slurm takes any text as a
-- job's name or comment. So one that holds a line end, or a blank and a word like "UserId=", would be read as
-- another job, or as another's. Here both are refused, from whatever command they come; qsub refuses more (-N).
-- In a script's path and arguments only line ends are: no field that Slurm fills stands behind them.

local TEXTS = {
   "account", "acctg_freq", "admin_comment", "alloc_node", "array_inx", "batch_features", "burst_buffer",
   "cluster_features", "comment", "container", "cpus_per_tres", "dependency", "exc_nodes", "extra", "features",
   "gres", "licenses", "mail_user", "mcs_label", "mem_per_tres", "name", "network", "partition", "prefer", "qos",
   "req_nodes", "reservation", "selinux_context", "std_err", "std_in", "std_out", "submit_line", "tres_bind",
   "tres_freq", "tres_per_job", "tres_per_node", "tres_per_socket", "tres_per_task", "wckey", "work_dir",
}

local CONTROL = "a line end or control character"

-- Why a text would be read as something else; nil if it would not.
local function fault(text)
   if text:find("%c") then return CONTROL end
   local word = text:match("%s(%u[%w_/:&]*=)")
   return word and "a blank and '" .. word .. "'"
end

local function refusal(job)
   for _, name in ipairs(TEXTS) do
      local text = job[name]
      local found = type(text) == "string" and fault(text)
      if found then return name .. " holds " .. found end
   end
   for _, text in pairs(job.argv or {}) do
      if text:find("%c") then return "script or argument holds " .. CONTROL end
   end
end

local function judge(job)
   local why = refusal(job)
   if not why then return slurm.SUCCESS end
   slurm.log_user("a job's %s, which could be taken for another job's record", why)
   return slurm.ERROR
end

function slurm_job_submit(job, partitions, user)
   return judge(job)
end

function slurm_job_modify(job, record, partitions, user)
   return judge(job)
end

return slurm.SUCCESS
