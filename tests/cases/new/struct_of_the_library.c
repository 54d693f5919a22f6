// new: job_done
// marks: none

struct completion {
	unsigned int mine;
	struct swait_queue_head wait;
};

struct job {
	int result;
	struct completion done;
	long unused;
};

static void job_done(struct job *job, int result)
{
	job->result = result;
	complete(&job->done);
}
