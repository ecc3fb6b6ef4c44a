// throws where headless GL was not built, which gpu.js takes for "not there"
module.exports = require('./headless/node_modules/gl')
